"""What is kept beside products so that lists and search need not work it out."""

from typing import ClassVar

from django.db import models

from catalogue.models.products import Product
from catalogue.querysets import (
    ListedValueQuerySet,
    ProductChangeQuerySet,
    ProductListingQuerySet,
    ProductSummaryQuerySet,
)
from custom.fields import CodeField, MoneyField

VALUE_LENGTH = 200  # characters of the longest value that products are found by


class ProductSummary(models.Model):
    """What partners ask for a product and buyers think of it (decision 0008).

    Made with the product; ``partner.services`` keeps the prices, ``reviews.services``
    the rating, and ``catalogue.services`` the boundary. A row of its own, so that
    neither a form nor a reverted version writes old figures back.
    """

    product = models.OneToOneField(
        Product, on_delete=models.CASCADE, primary_key=True, related_name="summary"
    )
    price_from = MoneyField(null=True, blank=True)
    compare_at_price = MoneyField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    in_stock = models.BooleanField(default=False)
    rating = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Mean of the published reviews, 1 to 5; empty without any.",
    )
    review_count = models.PositiveIntegerField(default=0, db_default=0)
    boundary_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text="When the product's window opens or closes next, as lists know it.",
    )

    objects = ProductSummaryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "product summaries"

    def __str__(self) -> str:
        return f"summary of {self.product_id}"


class ProductListing(models.Model):
    """A public product in one list: a category's, or the whole shop's.

    There is a row for each category the product is in or below, with all that a
    list filters and sorts by, so that an index answers every list (decision
    0008). ``catalogue.services`` keeps it; nothing is read from it but keys.
    """

    # No constraint: its shared lock on the product would meet the product's writer.
    product = models.ForeignKey(
        Product,
        on_delete=models.CASCADE,
        related_name="listings",
        db_constraint=False,
        db_index=False,
    )
    scope = models.PositiveBigIntegerField(help_text="A category, or 0: the shop.")
    title = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    in_stock = models.BooleanField()
    price_from = MoneyField(null=True)
    price_rank = MoneyField(help_text="The price, or the highest there is.")

    objects = ProductListingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("product", "scope"), name="listing_unique")
        ]
        indexes: ClassVar = [
            models.Index(fields=("scope", "title", "product"), name="listing_title"),
            models.Index(fields=("scope", "created_at", "product"), name="listing_age"),
            # No price sorts last both ways: by rank upwards (there it is the
            # highest), by price downwards (there NULL is the lowest).
            models.Index(
                fields=("scope", "price_rank", "product"), name="listing_rank"
            ),
            models.Index(
                fields=("scope", "price_from", "product"), name="listing_price"
            ),
            models.Index(
                fields=("scope", "in_stock", "price_rank", "product"),
                name="listing_stock",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.scope}"


class ListedValue(models.Model):
    """An attribute value by which a public product is found (decision 0031).

    There is one row for all of the product and its public variants that have it.
    ``catalogue.services`` keeps it; the key holds all there is, so that a product's
    values and a value's products each lie side by side.
    """

    pk = models.CompositePrimaryKey("product", "code", "value")
    # No constraint, as above.
    product = models.ForeignKey(
        Product,
        on_delete=models.DO_NOTHING,
        related_name="listed_values",
        db_constraint=False,
        db_index=False,
    )
    code = CodeField(max_length=64)
    value = CodeField(
        max_length=VALUE_LENGTH, help_text="As catalogue.attribute_terms compares it."
    )

    objects = ListedValueQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=("code", "value", "product"), name="listedvalue_value")
        ]

    def __str__(self) -> str:
        return f"{self.code}={self.value} of {self.product_id}"


class ListingCount(models.Model):
    """How many products a list has."""

    scope = models.PositiveBigIntegerField(primary_key=True)
    product_count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.product_count} in {self.scope}"


class ProductChange(models.Model):
    """A product whose entry in the search index may be out of date (decision 0024).

    Stored in the transaction that changed it, deleted once the index has it. Rows are
    only added and deleted, so that writers never wait for each other here.
    """

    # No constraint: the row outlives a product that is deleted.
    product = models.ForeignKey(
        Product, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    is_listed = models.BooleanField(help_text="Whether anyone may see it now.")

    objects = ProductChangeQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=("is_listed", "product"), name="productchange_listed"),
        ]

    def __str__(self) -> str:
        return f"change of {self.product_id}"
