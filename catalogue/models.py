"""What is sold: product types, categories, products, variants and their pictures."""

from typing import ClassVar

import reversion
from django.db import models
from mptt.fields import TreeForeignKey
from mptt.models import MPTTModel

from catalogue.images import ContentStorage, upload_name, validate_image
from catalogue.querysets import (
    AttributeDefinitionQuerySet,
    CategoryManager,
    ProductChangeQuerySet,
    ProductImageQuerySet,
    ProductListingQuerySet,
    ProductQuerySet,
    ProductSummaryQuerySet,
    VariantQuerySet,
)
from custom.fields import CodeField, MoneyField
from tax.models import TaxClass

SLUG_LENGTH = 120


@reversion.register()
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


@reversion.register()
class Category(MPTTModel):
    """A node of the tree; ``catalogue.services`` alone writes it (decision 0004)."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(
        max_length=SLUG_LENGTH, unique=True, db_collation="utf8mb4_bin"
    )
    parent = TreeForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    description = models.TextField(blank=True)
    is_public = models.BooleanField("public", default=True)

    objects = CategoryManager()

    class MPTTMeta:
        """Siblings are kept in the order of their names."""

        order_insertion_by: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name_plural = "categories"
        indexes: ClassVar = [
            # Said here too, or migrations would not see the one mptt adds.
            models.Index(fields=("tree_id", "lft"), name="category_in_tree_order"),
        ]

    def __str__(self) -> str:
        return self.name


@reversion.register()
class Product(models.Model):
    """What a page shows; what is sold is one of its variants."""

    product_type = models.ForeignKey(
        ProductType, on_delete=models.PROTECT, related_name="products"
    )
    title = models.CharField(max_length=255)
    slug = models.SlugField(
        max_length=SLUG_LENGTH, unique=True, db_collation="utf8mb4_bin"
    )
    description = models.TextField(blank=True)
    attributes = models.JSONField(
        default=dict, blank=True, help_text="Code of a definition -> value."
    )
    categories = models.ManyToManyField(Category, related_name="products", blank=True)
    tax_class = models.ForeignKey(
        TaxClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        help_text="Empty: the default class.",
    )
    is_public = models.BooleanField("public", default=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    # Set by ``ProductQuerySet.for_list`` and ``for_detail``.
    variant_count: int
    first_images: list["ProductImage"]
    public_categories: list[Category]
    public_variants: list["Variant"]

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.title


class ProductSummary(models.Model):
    """What partners ask for a product and buyers think of it (decision 0008).

    Made with the product; ``partner.services`` keeps the prices, and
    ``reviews.services`` the rating. A row of its own, so that neither a form nor a
    reverted version writes old figures back.
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


@reversion.register()
class Variant(models.Model):
    """What a buyer chooses and an order line names."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="variants"
    )
    sku = CodeField("SKU", max_length=64, unique=True)
    title = models.CharField(max_length=255, blank=True)
    attributes = models.JSONField(
        default=dict, blank=True, help_text="Code of a definition -> value."
    )
    barcode = models.CharField(max_length=64, blank=True)
    weight_grams = models.PositiveIntegerField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_public = models.BooleanField("public", default=True)

    objects = VariantQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.sku


@reversion.register()
class ProductImage(models.Model):
    """A picture of a product, or of one of its variants."""

    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="images"
    )
    variant = models.ForeignKey(
        Variant,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="images",
    )
    file = models.ImageField(
        upload_to=upload_name,
        validators=[validate_image],
        storage=ContentStorage(),
        max_length=200,
        width_field="width",
        height_field="height",
    )
    alt = models.CharField("alternative text", max_length=255, blank=True)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    position = models.PositiveIntegerField(default=0)

    objects = ProductImageQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        indexes: ClassVar = [
            models.Index(fields=("product", "position"), name="productimage_in_order"),
        ]

    def __str__(self) -> str:
        return self.file.name or ""
