"""The order in which products changed, for clients that keep a copy (decision 0032)."""

from typing import ClassVar

from django.db import models

from catalogue.models.products import Product
from catalogue.querysets import NumberedProductQuerySet


class UnnumberedChange(models.Model):
    """A product that changed, and whose change has no number yet.

    Stored in the transaction that changed it. Rows are only added and deleted, so that
    writers never wait for each other here.
    """

    # No constraint: the row outlives a product that is deleted.
    product = models.ForeignKey(
        Product,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    def __str__(self) -> str:
        return f"change of {self.product_id}"


class NumberedProduct(models.Model):
    """A product with the number of its last change.

    One that is no longer to be seen leaves its row, for a while, to tell so.
    """

    product = models.OneToOneField(
        Product,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        db_constraint=False,
    )
    number = models.PositiveBigIntegerField(unique=True)
    gone_at = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="Since when nobody may see it."
    )

    objects = NumberedProductQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ("number",)

    def __str__(self) -> str:
        return f"{self.number}: {self.product_id}"


class ChangeCounter(models.Model):
    """The last number given out, and the last one of which nothing is told any more."""

    ONLY = 1  # its one row

    last = models.PositiveBigIntegerField(default=0)
    forgotten = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(forgotten__lte=models.F("last")),
                name="changecounter_forgotten_given",
            )
        ]

    def __str__(self) -> str:
        return f"{self.last}, from {self.forgotten}"
