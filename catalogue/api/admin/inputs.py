"""Bodies by which products are written; they know shapes, not rules."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from catalogue.models import (
    EXTERNAL_ID_LENGTH,
    SLUG_LENGTH,
    Category,
    ProductType,
    Variant,
)
from catalogue.selectors import find_categories
from catalogue.services import ProductRow
from custom.api.fields import CodeField, ListField
from custom.api.serializers import StrictSerializer
from custom.history import REASON_LENGTH
from partner.api.serializers import StockChangeSerializer
from tax.models import TaxClass

TITLE_LENGTH = 255
SKU_LENGTH = 64
CODE_LENGTH = 64
DESCRIPTION_LENGTH = 100_000
MAX_VARIANTS = 100  # of one body
MAX_CATEGORIES = 100
MAX_UNSIGNED = 2**31 - 1


@extend_schema_field(
    {
        "type": "object",
        "description": "Code of a definition -> its value; null for none.",
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        "example": {"director": "Fritz Lang", "year": 1927},
    }
)
class AttributesField(serializers.Field[Any, Any, Any, Any]):
    """Values by code; the service holds them against the product type."""

    default_error_messages = {
        "not-an-object": "Give an object of values by their codes.",
        "not-a-value": "Give a text, a number, true, false or null.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Refuse what no attribute can be."""
        if not isinstance(data, Mapping):
            self.fail("not-an-object")
        message = self.error_messages["not-a-value"]
        faults = {
            code: [ErrorDetail(str(message), "not-a-value")]
            for code, value in data.items()
            if not isinstance(value, str | int | float | bool | None)
        }
        if faults:
            raise ValidationError(faults)
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        """Show what is stored."""
        return value


class CategoriesField(serializers.ListField):
    """Categories, each by its id or its slug; 1 query."""

    child = serializers.CharField(max_length=SLUG_LENGTH)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_CATEGORIES, **kwargs)

    def to_internal_value(self, data: Any) -> list[Category]:
        """Return each category once.

        Raises:
            ValidationError: It names those that are not there.
        """
        keys = self._texts(data)
        found = find_categories(keys)
        faults: Any = {
            place: [ErrorDetail(f"There is no category {key[:50]}.", "does-not-exist")]
            for place, key in enumerate(keys)
            if key not in found
        }
        if faults:
            raise ValidationError(faults)
        return list({found[key].pk: found[key] for key in keys}.values())

    def _texts(self, data: Any) -> list[str]:
        return super().to_internal_value(data)


class OwnVariantField(serializers.PrimaryKeyRelatedField[Variant]):
    """A variant of the product of the address: ``product_id`` in the context."""

    def get_queryset(self) -> QuerySet[Variant]:
        """Keep the product's own."""
        return Variant.objects.filter(product=self.context.get("product_id"))


class ReasonSerializer(StrictSerializer):
    """What every change may carry."""

    reason = serializers.CharField(
        max_length=REASON_LENGTH,
        required=False,
        help_text="Why; staff read it in the history.",
    )


class VariantFieldsSerializer(StrictSerializer):
    """What a variant says of itself, but for its SKU; what is left out stays."""

    title = serializers.CharField(
        max_length=TITLE_LENGTH, required=False, allow_blank=True
    )
    attributes = AttributesField(required=False)
    barcode = serializers.CharField(max_length=64, required=False, allow_blank=True)
    weight_grams = serializers.IntegerField(
        min_value=0, max_value=MAX_UNSIGNED, required=False, allow_null=True
    )
    position = serializers.IntegerField(
        min_value=0, max_value=MAX_UNSIGNED, required=False
    )
    is_public = serializers.BooleanField(required=False)


class VariantOfProductSerializer(VariantFieldsSerializer):
    """A variant in the body of its product; its SKU says which it is."""

    sku = CodeField(max_length=SKU_LENGTH)


class NewVariantSerializer(ReasonSerializer, VariantOfProductSerializer):
    """Body of ``POST …/variant/``."""


class VariantUpsertSerializer(ReasonSerializer, VariantFieldsSerializer):
    """Body of ``PUT …/variant/by-sku/{sku}/``."""


class VariantChangeSerializer(VariantUpsertSerializer):
    """Body of ``PATCH …/variant/{id}/``."""

    sku = CodeField(max_length=SKU_LENGTH, required=False)


class OwnFieldsSerializer(StrictSerializer):
    """What a product says of itself alone; what is left out stays."""

    title = serializers.CharField(max_length=TITLE_LENGTH, required=False)
    slug = serializers.CharField(
        max_length=SLUG_LENGTH,
        required=False,
        help_text="Left out of a new product: made of the title.",
    )
    description = serializers.CharField(
        max_length=DESCRIPTION_LENGTH,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
    )
    attributes = AttributesField(required=False)
    is_public = serializers.BooleanField(
        required=False, help_text="Whether it is published, within its window."
    )
    publish_from = serializers.DateTimeField(required=False, allow_null=True)
    publish_until = serializers.DateTimeField(required=False, allow_null=True)


class ProductFieldsSerializer(ReasonSerializer, OwnFieldsSerializer):
    """What a product says of itself and what it belongs to."""

    categories = CategoriesField(
        required=False, help_text="All of them, each by its id or slug."
    )
    tax_class = serializers.SlugRelatedField(
        slug_field="code",
        queryset=TaxClass.objects.all(),
        required=False,
        allow_null=True,
        help_text="Its code; null for the default one.",
    )


class ProductChangeSerializer(ProductFieldsSerializer):
    """Body of ``PATCH /api/admin/product/{id}/``."""

    external_id = CodeField(
        max_length=EXTERNAL_ID_LENGTH, required=False, allow_null=True
    )


class ProductUpsertSerializer(ProductFieldsSerializer):
    """Body of an upsert; a new product needs type, title and a variant."""

    product_type = serializers.SlugRelatedField(
        slug_field="code",
        queryset=ProductType.objects.all(),
        required=False,
        help_text="Its code; a product keeps its type.",
    )
    variants = ListField(
        child=VariantOfProductSerializer(),
        required=False,
        max_length=MAX_VARIANTS,
        help_text="Those to be made or changed; others stay.",
    )

    NEEDED = ("product_type", "title", "variants")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask a new product for what it cannot be without."""
        lacking = [name for name in self.NEEDED if not attrs.get(name)]
        if self.context.get("is_new") and lacking:
            fault = ErrorDetail("A new product needs it.", "required")
            raise ValidationError({name: [fault] for name in lacking})
        return attrs


class NewProductSerializer(ProductUpsertSerializer, ProductChangeSerializer):
    """Body of ``POST /api/admin/product/``."""

    title = serializers.CharField(max_length=TITLE_LENGTH)
    product_type = serializers.SlugRelatedField(
        slug_field="code", queryset=ProductType.objects.all(), help_text="Its code."
    )
    variants = ListField(
        child=VariantOfProductSerializer(), min_length=1, max_length=MAX_VARIANTS
    )


class BulkProductSerializer(OwnFieldsSerializer):
    """A product of a bulk; what its codes name is looked up for all rows at once."""

    external_id = CodeField(
        max_length=EXTERNAL_ID_LENGTH,
        required=False,
        help_text="Which product; left out: the one that has the variants' SKUs.",
    )
    version = serializers.IntegerField(
        min_value=1,
        max_value=MAX_UNSIGNED,
        required=False,
        help_text="As it was read; the row is refused if it is another by now.",
    )
    product_type = serializers.CharField(
        max_length=CODE_LENGTH,
        required=False,
        help_text="Its code; a product keeps its type.",
    )
    tax_class = serializers.CharField(
        max_length=CODE_LENGTH,
        required=False,
        allow_null=True,
        help_text="Its code; null for the default one.",
    )
    categories = ListField(
        child=serializers.CharField(max_length=SLUG_LENGTH),
        required=False,
        max_length=MAX_CATEGORIES,
        help_text="All of them, each by its id or slug.",
    )
    variants = ListField(
        child=VariantOfProductSerializer(),
        required=False,
        max_length=MAX_VARIANTS,
        help_text="Those to be made or changed; others stay.",
    )

    def run_validation(self, data: Any = empty) -> Any:
        """Return the row unread: what is wrong with it concerns no other row."""
        return data

    def read(self, data: object) -> ProductRow:
        """Return a row in the service's own terms.

        Raises:
            ValidationError: It has another shape.
        """
        values = super().run_validation(data)
        names = ("external_id", "version", "variants")
        others = {name: values.pop(name) for name in names if name in values}
        return ProductRow(values=values, **others)


class ProductBulkSerializer(ReasonSerializer):
    """Body of ``POST /api/admin/product/bulk/``; rows are read one by one."""

    rows = ListField(
        child=BulkProductSerializer(),
        min_length=1,
        max_length=settings.PRODUCT_BULK_ROWS,
    )


class OfferUpsertSerializer(ReasonSerializer, StockChangeSerializer):
    """Body of ``PUT …/offer/{partner}/``; a new offer needs a price."""


class ImageFieldsSerializer(ReasonSerializer):
    """What is said of a picture; what is left out stays."""

    alt = serializers.CharField(
        max_length=TITLE_LENGTH,
        required=False,
        allow_blank=True,
        help_text="In place of the picture; of a new one the product's title.",
    )
    position = serializers.IntegerField(
        min_value=0,
        max_value=MAX_UNSIGNED,
        required=False,
        help_text="The lowest is shown first, and in lists.",
    )
    variant = OwnVariantField(
        queryset=Variant.objects.all(),
        required=False,
        allow_null=True,
        help_text="Id of the variant it shows.",
    )


class NewImageSerializer(ImageFieldsSerializer):
    """Parts of ``POST …/image/``."""

    file = serializers.FileField(
        help_text="JPEG, PNG, WebP or GIF, whatever it is called."
    )
