"""What clients see of the catalogue."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import cached_property
from drf_spectacular.helpers import lazy_serializer
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalogue.api.fields import (
    AttributeValueField,
    FinalStockRecordField,
    ShopCurrencyField,
    ShowsOffers,
)
from catalogue.attributes import JsonValue, label_of
from catalogue.images import rendition_names
from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductImage,
    Variant,
)
from catalogue.rows import (
    DefinitionRow,
    ImageRow,
    ProductRow,
    PublicProduct,
    VariantRow,
)
from catalogue.selectors import CategoryNode
from custom.api.output import ModelOutputSerializer, OutputSerializer
from custom.money import format_money
from partner.strategy import Offer

AppliesTo = AttributeDefinition.AppliesTo


class CategorySerializer(OutputSerializer[CategoryNode]):
    """A category and all below it that is shown."""

    id = serializers.IntegerField(source="category.id")
    name = serializers.CharField(source="category.name")
    slug = serializers.CharField(source="category.slug")
    path = serializers.CharField(help_text="Slugs from the top, with / between them.")
    level = serializers.IntegerField(
        source="category.level", help_text="0 at the top of a tree."
    )
    product_count = serializers.IntegerField(
        help_text="Public products here and below, each once."
    )
    children = serializers.SerializerMethodField()

    @extend_schema_field(
        lazy_serializer("catalogue.api.serializers.CategorySerializer")(many=True)
    )
    def get_children(self, node: CategoryNode) -> list[dict[str, Any]]:
        """Show the categories below with the very same fields, or with those chosen."""
        is_same = self.wanted_of("children") is None
        return (self if is_same else self._below).show_all(node.children)

    @cached_property
    def _below(self) -> "CategorySerializer":
        """Build what shows those below where it differs."""
        return self.part("children", CategorySerializer)


class CategoryLinkSerializer(ModelOutputSerializer[Category]):
    """A category that a product is in."""

    class Meta:
        model = Category
        fields = ("id", "slug", "name")


class RenditionsSerializer(OutputSerializer[Any]):
    """Addresses of a picture's smaller sizes."""

    small = serializers.URLField(help_text="WebP, at most 160 pixels wide or high.")
    medium = serializers.URLField(help_text="WebP, at most 480 pixels wide or high.")
    large = serializers.URLField(help_text="WebP, at most 1,200 pixels wide or high.")


class ImageSerializer(ModelOutputSerializer[ProductImage]):
    """A picture; its addresses are absolute and never change what they show."""

    url = serializers.SerializerMethodField()
    renditions = serializers.SerializerMethodField()

    class Meta:
        model = ProductImage
        fields = ("id", "alt", "width", "height", "url", "renditions")

    @extend_schema_field({"type": "string", "format": "uri"})
    def get_url(self, image: ProductImage | ImageRow) -> str:
        """Return the address of the picture as it was uploaded."""
        return f"{self._media_url}{image.file}"

    @extend_schema_field(RenditionsSerializer)
    def get_renditions(self, image: ProductImage | ImageRow) -> dict[str, str]:
        """Return the addresses of its smaller sizes."""
        return rendition_names(str(image.file), self._media_url)

    @cached_property
    def _media_url(self) -> str:
        """Look where pictures are up once for all of them."""
        return str(self.context["media_url"])


class RatingField(serializers.DecimalField):
    """The mean of a product's published reviews, kept in its summary."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(
            max_digits=3,
            decimal_places=2,
            read_only=True,
            allow_null=True,
            help_text="From 1 to 5; null without reviews.",
            **kwargs,
        )


class ProductListSerializer(ShowsOffers, ModelOutputSerializer[Product]):
    """A product row."""

    id = serializers.IntegerField(source="pk", read_only=True)
    image = ImageSerializer(allow_null=True, read_only=True)
    price_from = FinalStockRecordField()
    compare_at_price = FinalStockRecordField()
    currency = ShopCurrencyField()
    in_stock = serializers.SerializerMethodField()
    rating = RatingField()
    variant_count = serializers.IntegerField()

    class Meta:
        model = Product
        fields = (
            "id",
            "slug",
            "title",
            "image",
            "price_from",
            "compare_at_price",
            "currency",
            "in_stock",
            "rating",
            "variant_count",
        )

    def final_stock_record(self, row: ProductRow) -> ProductRow:
        """Return the row: it has what the strategy picked for the product."""
        return row

    def get_in_stock(self, row: ProductRow) -> bool:
        """Tell whether an offer has a unit ready."""
        return bool(row.in_stock)


class AttributeSerializer(OutputSerializer[Any]):
    """An attribute that has a value."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=AttributeDefinition.Kind.choices)
    value = AttributeValueField()
    label = serializers.CharField(  # type: ignore[assignment]  # a field here
        help_text="The value as a page shows it."
    )


class OptionValueSerializer(OutputSerializer[Any]):
    """A value that tells variants apart."""

    value = AttributeValueField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field here


class OptionSerializer(OutputSerializer[Any]):
    """A choice between variants."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field here
    values = OptionValueSerializer(many=True)


class PartnerLinkSerializer(OutputSerializer[Any]):
    """Who sells and ships."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class AvailabilitySerializer(OutputSerializer[Any]):
    """Whether, and how many of, a variant can be bought now."""

    purchasable = serializers.BooleanField()
    in_stock = serializers.BooleanField()
    num_available = serializers.IntegerField(
        allow_null=True, help_text="Units ready; null if nobody offers it."
    )
    backorder = serializers.BooleanField(help_text="May be bought beyond those.")


class VariantSerializer(ShowsOffers, ModelOutputSerializer[Variant]):
    """A variant with the offer that the strategy picked for it.

    The context has ``offers`` (by variant id), ``lowest_prices`` (by stock record
    id) and ``definitions``.
    """

    attributes = serializers.SerializerMethodField()
    price = FinalStockRecordField()
    compare_at_price = FinalStockRecordField()
    lowest_price_30d = serializers.SerializerMethodField()
    currency = ShopCurrencyField()
    offer_id = serializers.SerializerMethodField()
    partner = serializers.SerializerMethodField()
    availability = serializers.SerializerMethodField()

    class Meta:
        model = Variant
        fields = (
            "id",
            "sku",
            "title",
            "attributes",
            "price",
            "compare_at_price",
            "lowest_price_30d",
            "currency",
            "offer_id",
            "partner",
            "availability",
        )

    def final_stock_record(self, variant: Variant | VariantRow) -> Offer | None:
        """Return the offer that the strategy picked, or None."""
        offers: Mapping[int, Offer] = self.context["offers"]
        return offers.get(variant.id)

    @extend_schema_field(AttributeSerializer(many=True))
    def get_attributes(self, variant: Variant | VariantRow) -> list[dict[str, Any]]:
        """List what the variant says of itself."""
        return _attributes(self.context["definitions"], variant, AppliesTo.VARIANT)

    def get_lowest_price_30d(self, variant: Variant | VariantRow) -> str | None:
        """Return the lowest price the offer has had in the last 30 days."""
        offer = self.final_stock_record(variant)
        if offer is None:
            return None
        lowest = self.context["lowest_prices"].get(offer.stock_record_id, offer.price)
        return format_money(lowest, offer.currency)

    def get_offer_id(self, variant: Variant | VariantRow) -> int | None:
        """Return the id by which an order line may name the offer."""
        offer = self.final_stock_record(variant)
        return None if offer is None else offer.stock_record_id

    @extend_schema_field(PartnerLinkSerializer(allow_null=True))
    def get_partner(self, variant: Variant | VariantRow) -> dict[str, Any] | None:
        """Tell whose offer it is."""
        offer = self.final_stock_record(variant)
        if offer is None:
            return None
        return {"id": offer.partner_id, "name": offer.partner_name}

    @extend_schema_field(AvailabilitySerializer)
    def get_availability(self, variant: Variant | VariantRow) -> dict[str, Any]:
        """Tell what can be bought of the offer."""
        offer = self.final_stock_record(variant)
        return {
            "purchasable": offer is not None and offer.purchasable,
            "in_stock": offer is not None and offer.in_stock,
            "num_available": None if offer is None else offer.num_available,
            "backorder": offer is not None and offer.backorder,
        }


class ProductDetailSerializer(ModelOutputSerializer[Product]):
    """A product page; the context is that of its variants."""

    categories = CategoryLinkSerializer(many=True, source="public_categories")
    attributes = serializers.SerializerMethodField()
    options = serializers.SerializerMethodField()
    images = ImageSerializer(many=True, source="shown_images")
    variants = VariantSerializer(many=True, source="public_variants")
    rating = RatingField()
    review_count = serializers.IntegerField()

    class Meta:
        model = Product
        fields = (
            "id",
            "slug",
            "title",
            "description",
            "categories",
            "attributes",
            "options",
            "images",
            "variants",
            "rating",
            "review_count",
            "created_at",
            "updated_at",
        )

    @extend_schema_field(AttributeSerializer(many=True))
    def get_attributes(self, product: PublicProduct) -> list[dict[str, Any]]:
        """List what the product says of itself."""
        return _attributes(self.context["definitions"], product, AppliesTo.PRODUCT)

    @extend_schema_field(OptionSerializer(many=True))
    def get_options(self, product: PublicProduct) -> list[dict[str, Any]]:
        """List what there is to choose between, in the order of the variants."""
        return [
            {"code": row.code, "label": row.name, "values": values}
            for row in self.context["definitions"]
            if row.applies_to == AppliesTo.VARIANT
            and (values := _option_values(row, product.public_variants))
        ]


def _attributes(
    definitions: Iterable[DefinitionRow],
    owner: PublicProduct | Variant | VariantRow,
    applies_to: AttributeDefinition.AppliesTo,
) -> list[dict[str, Any]]:
    """Show the values an owner has, in the order of their definitions."""
    return [
        {
            "code": row.code,
            "name": row.name,
            "kind": row.kind,
            "value": owner.attributes[row.code],
            "label": label_of(row, owner.attributes[row.code]),
        }
        for row in definitions
        if row.applies_to == applies_to and row.code in owner.attributes
    ]


def _option_values(
    definition: DefinitionRow, variants: Iterable[Variant | VariantRow]
) -> list[dict[str, Any]]:
    """List each value that a variant has, once."""
    values: dict[JsonValue, str] = {}
    for variant in variants:
        if definition.code in variant.attributes:
            value = variant.attributes[definition.code]
            values.setdefault(value, label_of(definition, value))
    return [{"value": value, "label": label} for value, label in values.items()]
