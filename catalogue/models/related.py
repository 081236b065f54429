"""Products that staff put beside others."""

from typing import ClassVar

import reversion
from django.db import models

from catalogue.models.products import Product


@reversion.register()
class RelatedProduct(models.Model):
    """A product that staff chose to show on another one's page."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="picks", db_index=False
    )
    related = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="picked_by"
    )
    position = models.PositiveIntegerField(default=0, help_text="The lowest first.")

    class Meta:
        ordering: ClassVar = ("position", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("product", "related"), name="relatedproduct_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(product=models.F("related")),
                name="relatedproduct_is_another",
                violation_error_message="A product cannot be related to itself.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.related_id} beside {self.product_id}"
