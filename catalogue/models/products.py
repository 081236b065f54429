"""What a page shows, what of it is sold, and pictures of both."""

from datetime import datetime
from typing import ClassVar

import reversion
from django.db import models
from django.db.models import F, Q

from catalogue.images import ContentStorage, upload_name, validate_image
from catalogue.models.categories import SLUG_LENGTH, Category
from catalogue.models.types import ProductType
from catalogue.querysets import (
    ProductImageQuerySet,
    ProductQuerySet,
    VariantQuerySet,
)
from catalogue.windows import NOT_A_WINDOW, first_boundary
from custom.fields import CodeField
from tax.models import TaxClass

EXTERNAL_ID_LENGTH = 128


@reversion.register(follow=("variants", "images", "picks"))
class Product(models.Model):
    """What a page shows; what is sold is one of its variants."""

    product_type = models.ForeignKey(
        ProductType, on_delete=models.PROTECT, related_name="products"
    )
    title = models.CharField(max_length=255)
    slug = models.SlugField(
        max_length=SLUG_LENGTH, unique=True, db_collation="utf8mb4_bin"
    )
    external_id = CodeField(
        "external ID",
        max_length=EXTERNAL_ID_LENGTH,
        unique=True,
        null=True,
        blank=True,
        help_text="What another system knows the product by.",
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
    publish_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Nobody sees it before this moment. Empty: it is shown at once.",
    )
    publish_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Nobody sees it from this moment on. Empty: it stays.",
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    is_shown: bool  # set by ``ProductQuerySet.with_is_shown``

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(publish_from__lt=F("publish_until")),
                name="product_publish_window",
                violation_error_message=NOT_A_WINDOW,
            )
        ]

    def __str__(self) -> str:
        return self.title

    def boundary_after(self, at: datetime) -> datetime | None:
        """Return the first moment after another at which it is shown or hidden."""
        return first_boundary([self], at) if self.is_public else None


@reversion.register(follow=("product",))
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


@reversion.register(follow=("product",))
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
