"""Products as staff see them: everything there is, in the shape it is written in."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalogue.api.admin.inputs import AttributesField
from catalogue.api.serializers import ImageSerializer
from catalogue.models import Product, ProductImage, Variant
from catalogue.querysets import ProductQuerySet
from custom.api.bulks import BulkResultSerializer, OutcomeSerializer
from custom.api.output import ModelOutputSerializer, OutputSerializer
from partner.api.serializers import StockRecordSerializer
from partner.models import StockRecord
from partner.scoping import partners_shown_to
from users.models import User

OFFERS = "shown_offers"  # where a variant keeps those its reader may see


PARTS = ("categories", "variants", "images", "offers")


def shown_products(user: User, parts: Collection[str] = PARTS) -> ProductQuerySet:
    """Return all products with their parts, and the offers a person may see.

    At most 6 queries.
    """
    products: ProductQuerySet = (
        Product.objects.with_is_shown(timezone.now())
        .select_related("product_type", "tax_class")
        .prefetch_related(*(part for part in parts if part != "offers"))
    )
    if "offers" in parts and user.has_perm("partner.view_stockrecord"):
        return with_offers(products, partners_shown_to(user))
    return products


def with_offers(
    products: ProductQuerySet, partner_ids: Sequence[int] | None
) -> ProductQuerySet:
    """Load the offers of some partners, or of all, with the variants; 1 query more."""
    offers = offers_of(partner_ids)
    return products.prefetch_related(
        Prefetch("variants__stock_records", offers, to_attr=OFFERS)
    )


def offers_of(partner_ids: Sequence[int] | None) -> Any:
    """Return offers of some partners, or of all, in order, with what is shown."""
    offers = StockRecord.objects.all()
    if partner_ids is not None:
        offers = StockRecord.objects.of_partners(partner_ids)
    return offers.select_related("partner", "level").order_by("pk")


class OfferSerializer(StockRecordSerializer):
    """What a partner asks for a variant, and what there is of it."""

    partner = serializers.CharField(source="partner.code", help_text="Its code.")

    class Meta:
        model = StockRecord
        fields = (
            "id",
            "partner",
            "partner_sku",
            "price",
            "compare_at_price",
            "currency",
            "num_in_stock",
            "num_allocated",
            "num_backordered",
            "low_stock_threshold",
            "backorder",
        )
        read_only_fields = fields


class AdminVariantSerializer(ModelOutputSerializer[Variant]):
    """A variant, public or not."""

    attributes = AttributesField(read_only=True)
    offers = serializers.SerializerMethodField(
        help_text="Null for who may not see offers."
    )

    class Meta:
        model = Variant
        fields = (
            "id",
            "sku",
            "title",
            "attributes",
            "barcode",
            "weight_grams",
            "position",
            "is_public",
            "offers",
        )

    @extend_schema_field(OfferSerializer(many=True, allow_null=True))
    def get_offers(self, variant: Variant) -> list[dict[str, Any]] | None:
        """List what the reader may see."""
        offers = getattr(variant, OFFERS, None)
        if offers is None:
            return None
        return self.part("offers", OfferSerializer).show_all(offers)


class AdminImageSerializer(ImageSerializer):
    """A picture with its place."""

    variant = serializers.IntegerField(
        source="variant_id", allow_null=True, help_text="The one it shows, if just one."
    )

    class Meta:
        model = ProductImage
        fields = (*ImageSerializer.Meta.fields, "position", "variant")


class AdminProductSerializer(ModelOutputSerializer[Product]):
    """A product, public or not, with its parts; ``shown_products`` loads them."""

    product_type = serializers.CharField(
        source="product_type.code", help_text="Its code."
    )
    tax_class = serializers.SerializerMethodField(
        help_text="Its code; null for the default one."
    )
    attributes = AttributesField(read_only=True)
    categories = serializers.SerializerMethodField(help_text="Their ids.")
    is_shown = serializers.BooleanField(
        help_text="Whether anyone may see it now: it is public, and its window is open."
    )
    variants = AdminVariantSerializer(many=True)
    images = AdminImageSerializer(many=True)

    class Meta:
        model = Product
        fields = (
            "id",
            "external_id",
            "slug",
            "title",
            "description",
            "product_type",
            "tax_class",
            "attributes",
            "categories",
            "is_public",
            "publish_from",
            "publish_until",
            "is_shown",
            "version",
            "created_at",
            "updated_at",
            "variants",
            "images",
        )

    def get_tax_class(self, product: Product) -> str | None:
        """Return the code of its class, if it has one of its own."""
        return product.tax_class.code if product.tax_class else None

    def get_categories(self, product: Product) -> list[int]:
        """Return the ids of the categories it is in, in order."""
        return sorted(category.pk for category in product.categories.all())


@extend_schema_serializer(many=False)
class AdminVariantsSerializer(OutputSerializer[Any]):
    """All variants of a product."""

    results = AdminVariantSerializer(many=True)


@extend_schema_serializer(many=False)
class AdminImagesSerializer(OutputSerializer[Any]):
    """All pictures of a product."""

    results = AdminImageSerializer(many=True)


@extend_schema_serializer(many=False)
class OffersSerializer(OutputSerializer[Any]):
    """The offers of a variant."""

    results = OfferSerializer(many=True)


class ProductOutcomeSerializer(OutcomeSerializer):
    """What became of a row."""

    external_id = serializers.CharField(
        allow_null=True, help_text="As it was sent; null if it was not, or not read."
    )
    id = serializers.IntegerField(
        allow_null=True, help_text="Of the product; null of a row that was refused."
    )
    version = serializers.IntegerField(
        allow_null=True, help_text="The product's, once all rows were written."
    )


class ProductBulkResultSerializer(BulkResultSerializer):
    """Answer to a bulk."""

    results = ProductOutcomeSerializer(many=True)
