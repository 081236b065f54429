"""What may be added to products: their categories, seller and newest reviews."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django.db.models import Prefetch, prefetch_related_objects
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalogue.api.serializers import PartnerLinkSerializer, ProductListSerializer
from catalogue.models import Category, Product, Variant
from catalogue.selectors import category_paths
from custom.api.expanding import Expansion, with_expansions
from custom.api.output import ModelOutputSerializer, OutputSerializer
from partner.strategy import Offer, best_offer, pick_offers
from reviews.api.serializers import ReviewSerializer
from reviews.models import Review

NEWEST_REVIEWS = 3  # of each product


class Keyed(Protocol):
    """A product, or a row of one."""

    @property
    def pk(self) -> int:
        """Return its key."""


class CategoryPlaceSerializer(ModelOutputSerializer[Category]):
    """A category that a product is in; with ``expand``, where it stands in the tree."""

    level = serializers.IntegerField(
        required=False, help_text="0 at the top of a tree."
    )
    path = serializers.CharField(
        required=False, help_text="Slugs from the top, with / between them."
    )

    class Meta:
        model = Category
        fields = ("id", "slug", "name", "level", "path")


def load_categories(
    products: Sequence[Keyed], _context: Mapping[str, Any]
) -> dict[int, list[dict[str, Any]]]:
    """Return product id -> its public categories in tree order; 2 queries."""
    public = Category.objects.public().order_by("tree_id", "lft")
    wanted = Prefetch("categories", public, to_attr="places")
    owners = _with_keys_of(products)
    prefetch_related_objects(owners, wanted)
    places: dict[int, list[Category]] = {
        product.pk: product.places  # type: ignore[attr-defined]  # just prefetched
        for product in owners
    }
    paths = category_paths({row.pk: row for rows in places.values() for row in rows})
    return {
        pk: [
            {
                "id": row.pk,
                "slug": row.slug,
                "name": row.name,
                "level": row.level,
                "path": paths[row.pk],
            }
            for row in rows
        ]
        for pk, rows in places.items()
    }


def load_partners(
    products: Sequence[Keyed], _context: Mapping[str, Any]
) -> dict[int, dict[str, Any] | None]:
    """Return product id -> whose offer ``price_from`` is, None of none; 2 queries."""
    owners = dict(
        Variant.objects.filter(product__in=[row.pk for row in products], is_public=True)
        .order_by()
        .values_list("pk", "product")
    )
    offers: dict[int, list[Offer]] = {product.pk: [] for product in products}
    for variant_id, offer in pick_offers(list(owners)).items():
        offers[owners[variant_id]].append(offer)
    picked = {pk: best_offer(found) for pk, found in offers.items()}
    return {
        pk: {"id": best.partner_id, "name": best.partner_name} if best else None
        for pk, best in picked.items()
    }


def load_reviews(
    products: Sequence[Keyed], context: Mapping[str, Any]
) -> dict[int, list[dict[str, Any]]]:
    """Return product id -> the newest reviews that are published; 1 query."""
    newest = Review.objects.published().newest_first().for_list()[:NEWEST_REVIEWS]
    wanted = Prefetch("reviews", newest, to_attr="newest_reviews")
    owners = _with_keys_of(products)
    prefetch_related_objects(owners, wanted)
    shown: Any = ReviewSerializer(context=dict(context))
    return {
        product.pk: shown.show_all(product.newest_reviews)  # type: ignore[attr-defined]
        for product in owners
    }


def _with_keys_of(products: Sequence[Keyed]) -> list[Product]:
    """Return instances with nothing but keys, for relations to be read to."""
    return [Product(pk=product.pk) for product in products]


PRODUCT_EXPANSIONS = {
    "categories": Expansion(
        load_categories, lambda: CategoryPlaceSerializer(many=True, required=False)
    ),
    "partner": Expansion(
        load_partners, lambda: PartnerLinkSerializer(allow_null=True, required=False)
    ),
    "reviews": Expansion(
        load_reviews, lambda: ReviewSerializer(many=True, required=False)
    ),
}


ExpandedRowSerializer = with_expansions(
    ProductListSerializer, PRODUCT_EXPANSIONS, called="ProductRow"
)


class RelatedSerializer(OutputSerializer[Any]):
    """Rows of products beside another."""

    results = ExpandedRowSerializer(many=True)


@extend_schema_serializer(many=False)
class ProductPageSerializer(OutputSerializer[Any]):
    """A page of rows; the last two members are there with ``updated_since``."""

    count = serializers.IntegerField(
        help_text="Products of the list; or changes since the cursor, these included."
    )
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ExpandedRowSerializer(many=True)
    deleted = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="Ids of products that are not in the list, whether they were or not.",
    )
    synced_at = serializers.CharField(
        required=False, help_text="The cursor to ask with next time."
    )
