"""Kinds of products, and what their products may say of themselves."""

from typing import ClassVar

import reversion
from django.db import models

from catalogue.querysets import AttributeDefinitionQuerySet
from custom.fields import CodeField


@reversion.register(follow=("definitions",))
class ProductType(models.Model):
    """What products of one kind have in common: their attributes."""

    code = CodeField(max_length=64, unique=True)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


@reversion.register()
class AttributeDefinition(models.Model):
    """One attribute that products, or variants, of a type may have."""

    class Kind(models.TextChoices):
        """What values an attribute takes, and how JSON holds them."""

        TEXT = "text", "text"
        INTEGER = "integer", "whole number"
        DECIMAL = "decimal", "decimal number"
        BOOLEAN = "boolean", "yes or no"
        DATE = "date", "date"
        CHOICE = "choice", "choice"

    class AppliesTo(models.TextChoices):
        """Which of the two carries the attribute."""

        PRODUCT = "product", "product"
        VARIANT = "variant", "variant"

    product_type = models.ForeignKey(
        ProductType, on_delete=models.CASCADE, related_name="definitions"
    )
    code = CodeField(max_length=64)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind)
    applies_to = models.CharField(
        max_length=10, choices=AppliesTo, default=AppliesTo.PRODUCT
    )
    options = models.JSONField(
        default=list,
        blank=True,
        help_text='Of a choice: [{"value": "dvd", "label": "DVD"}, …].',
    )
    is_required = models.BooleanField("required", default=False)
    is_facet = models.BooleanField("facet", default=False)
    position = models.PositiveIntegerField(default=0)

    objects = AttributeDefinitionQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("product_type", "applies_to", "code"),
                name="attributedefinition_code_unique",
            )
        ]

    def __str__(self) -> str:
        return self.name
