"""The catalogue as anyone may read it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import (
    ErrorDetail,
    NotAuthenticated,
    PermissionDenied,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from catalogue.api.addresses import find_category, find_product
from catalogue.api.expansions import (
    PRODUCT_EXPANSIONS,
    ProductPageSerializer,
    RelatedSerializer,
)
from catalogue.api.filters import (
    ATTRIBUTE_PARAMETER,
    ProductFilterSet,
    attribute_parameters,
)
from catalogue.api.past import AS_OF, past_product, read_moment
from catalogue.api.serializers import (
    CategorySerializer,
    ProductDetailSerializer,
    ProductListSerializer,
)
from catalogue.api.sync import SYNC_PARAMETER, answer_changes, read_mark
from catalogue.category_querysets import CategoryQuerySet
from catalogue.errors import SyncExpiredError
from catalogue.lists import listed, listed_keys
from catalogue.models import Category, Product
from catalogue.pages import CATEGORIES, PRODUCTS, product_tag
from catalogue.querysets import (
    ProductListingQuerySet,
    ProductQuerySet,
)
from catalogue.related import related_products
from catalogue.remembered import remembered
from catalogue.selectors import (
    category_trees,
    load_page,
    product_rows,
    root_categories,
)
from catalogue.sync import changes_since
from catalogue.windows import first_boundary
from custom.api.contract import refuses
from custom.api.expanding import EXPAND_PARAMETER, with_expansions
from custom.api.pagination import read_page_size
from custom.api.problems import MovedError, QueryParameterError
from custom.api.public import PRIVATE_CACHE_CONTROL, PUBLIC_CACHE_CONTROL
from custom.api.views import ApiViewSet
from custom.errors import GoneError
from partner.strategy import ask_lowest_prices, ask_offers, pick_by_variant

DEPTH_PARAMETER = OpenApiParameter(
    "depth",
    OpenApiTypes.INT,
    description="Levels shown, the first one included; all of them if left out.",
)
PARENT_PARAMETER = OpenApiParameter(
    "parent",
    OpenApiTypes.STR,
    description="Id or slug: begin with the categories right below this one.",
)
KEY_PARAMETER = OpenApiParameter(
    "key", OpenApiTypes.STR, OpenApiParameter.PATH, description="Id or slug."
)
SINCE_PARAMETER = OpenApiParameter(
    SYNC_PARAMETER,
    OpenApiTypes.STR,
    description="`synced_at` of an earlier answer, or 0: what has changed since.",
)
AS_OF_PARAMETER = OpenApiParameter(
    AS_OF,
    OpenApiTypes.DATETIME,
    description="For staff: the product as it was at this moment, with the prices of "
    "then; stock and rating are those of now.",
)
MAX_DEPTH_DIGITS = 3  # no tree is deeper
# What of a product's page is read by a query of its own -> the members that show it.
PARTS: Mapping[str, Sequence[str]] = {
    "shown_images": ("images",),
    "public_categories": ("categories",),
    "public_variants": ("variants", "options"),
    "definitions": ("attributes", "options", "variants.attributes"),
    "offers": [
        f"variants.{name}"
        for name in (
            "price",
            "compare_at_price",
            "lowest_price_30d",
            "offer_id",
            "partner",
            "availability",
        )
    ],
    "lowest_prices": ("variants.lowest_price_30d",),
}


class CategoryViewSet(ApiViewSet[Category]):
    """The tree of categories."""

    permission_classes = (AllowAny,)
    serializer_class: type[BaseSerializer[Any]] = CategorySerializer
    filter_backends = ()
    is_public_page = True
    page_tags = frozenset({CATEGORIES, PRODUCTS})  # it counts products
    query_parameters: ClassVar[frozenset[str]] = frozenset({"depth", "parent"})

    def get_queryset(self) -> CategoryQuerySet:
        """Keep what anyone may see, in the order of the tree."""
        categories: CategoryQuerySet = Category.objects.public()
        return categories.in_tree_order()

    @extend_schema(parameters=[DEPTH_PARAMETER, PARENT_PARAMETER])
    def list(self, request: Request) -> Response:
        """Show the tree, or what is below one category; pages are of its tops."""
        depth = self._depth()
        parent = self._parent()
        found: Any = root_categories()  # all of them: there are few
        above: Sequence[Category] = ()
        if parent:
            found = self.get_queryset().filter(parent=parent)
            above = parent.get_ancestors(include_self=True)
        tops = self.paginate_queryset(found) or []
        nodes = category_trees(tops, above=above, depth=depth)
        return self.get_paginated_response(self.get_serializer(nodes, many=True).data)

    @refuses(MovedError, GoneError)
    @extend_schema(
        parameters=[
            KEY_PARAMETER,
            DEPTH_PARAMETER,
            OpenApiParameter("parent", exclude=True),
        ]
    )
    def retrieve(self, request: Request, key: str) -> Response:
        """Show a category and those below it."""
        depth = self._depth()
        category = find_category(request, key)
        (node,) = category_trees(
            [category], above=category.get_ancestors(), depth=depth
        )
        return Response(self.get_serializer(node).data)

    def get_query_parameters(self) -> frozenset[str]:
        """Leave ``parent`` to the list."""
        names = super().get_query_parameters()
        return names if self.action == "list" else names - {"parent"}

    def _depth(self) -> int | None:
        """Read how many levels are wanted, or None for all."""
        text = self.request.query_params.get("depth")
        if not text:
            return None if self.wants("children") else 1
        if not (text.isascii() and text.isdigit() and text.strip("0")):
            detail = ErrorDetail("Give a whole number of at least 1.", "invalid")
            raise QueryParameterError({"depth": [detail]})
        if not self.wants("children"):
            return 1
        return int(text) if len(text) <= MAX_DEPTH_DIGITS else None

    def _parent(self) -> Category | None:
        """Read which category the list is below, or None for the top."""
        key = self.request.query_params.get("parent")
        if not key:
            return None
        found = Category.objects.public().find_by_any_slug(key)
        parent: Category | None = found.first()
        if parent is None:
            detail = ErrorDetail(f"There is no {key[:100]}.", "does-not-exist")
            raise QueryParameterError({"parent": [detail]})
        return parent


class ProductViewSet(ApiViewSet[Product]):
    """Products that anyone may see."""

    permission_classes = (AllowAny,)
    filterset_class = ProductFilterSet
    is_public_page = True
    expansions = PRODUCT_EXPANSIONS

    def get_queryset(self) -> ProductQuerySet:
        """Keep what anyone may see."""
        products: ProductQuerySet = Product.objects.public()
        return products

    def get_query_parameters(self) -> frozenset[str]:
        """Add the attributes that a list is asked for; unknown ones are told later."""
        names = super().get_query_parameters()
        if self.action == "list":
            names |= {SYNC_PARAMETER}
            names |= {*attribute_parameters(self.request.query_params)}
        return names | {AS_OF} if self.action == "retrieve" else names

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Pick one serializer per action."""
        detail = self.action == "retrieve"
        return ProductDetailSerializer if detail else ProductListSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """Add where pictures are."""
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):  # that one has no address
            context["media_url"] = self.request.build_absolute_uri(settings.MEDIA_URL)
        return context

    @refuses(SyncExpiredError)
    @extend_schema(
        parameters=[ATTRIBUTE_PARAMETER, SINCE_PARAMETER],
        responses=ProductPageSerializer,
    )
    def list(self, request: Request) -> Response:
        """Show rows of products, or what of them has changed."""
        # A page's ids come off an index; only its own rows are then read.
        rows: Any = listed()
        found: Any = self.filter_queryset(rows)
        if SYNC_PARAMETER in request.query_params:
            return self._changes(found)
        self.shows(PRODUCTS, CATEGORIES)
        paginator: Any = self.paginator
        keys: Any = listed_keys(found, paginator.window(request))
        pks: list[int] = self.paginate_queryset(keys) or []
        return self.get_paginated_response(self._rows(pks))

    @refuses(MovedError, GoneError, NotAuthenticated, PermissionDenied)
    @extend_schema(
        parameters=[KEY_PARAMETER, AS_OF_PARAMETER],
        responses=with_expansions(
            ProductDetailSerializer, PRODUCT_EXPANSIONS, called="Product"
        ),
    )
    def retrieve(self, request: Request, key: str) -> Response:
        """Show a product with its variants and their offers."""
        if AS_OF in request.query_params:
            return self._past(request, key)
        product = find_product(request, key)
        self.shows(product_tag(product.pk), CATEGORIES, until=product.next_boundary)
        found = load_page(
            product,
            self.wanted_parts(PARTS),
            remembered(self.moment()),
            offers=ask_offers(product.pk),
            lowest_prices=ask_lowest_prices(product.pk),
        )
        context = self.get_serializer_context() | {
            "definitions": found["definitions"],
            "offers": pick_by_variant(found["offers"]),
            "lowest_prices": dict(found["lowest_prices"]),
        }
        shown = self.get_serializer(product, context=context).data
        self.expand([product], [shown])
        return Response(shown)

    @refuses(MovedError, GoneError)
    @extend_schema(
        operation_id="product_related_list",
        parameters=[KEY_PARAMETER],
        responses=RelatedSerializer,
    )
    def related(self, request: Request, key: str) -> Response:
        """Show up to 12 rows: what staff chose, then what is like the product."""
        product = find_product(request, key)
        own, until = product_tag(product.pk), product.next_boundary
        self.shows(own, PRODUCTS, CATEGORIES, until=until)
        pks = related_products(product)
        return Response({"results": self._rows(pks)})

    def _past(self, request: Request, key: str) -> Response:
        """Show staff a product as it was; nobody keeps the answer."""
        user = request.user
        if not (user.is_staff and user.has_perm("catalogue.view_product")):
            self.permission_denied(request)
        past = past_product(key, read_moment(request.query_params[AS_OF]))
        context = self.get_serializer_context() | {
            "definitions": past.definitions,
            "offers": past.offers,
            "lowest_prices": {},
        }
        shown = self.get_serializer(past.product, context=context).data
        return Response(shown, headers={"Cache-Control": PRIVATE_CACHE_CONTROL})

    def _changes(self, found: ProductListingQuerySet) -> Response:
        """Show what has changed in a list since the client last looked."""
        narrowed = found.with_values(found.narrowing.attributes)
        limit = read_page_size(self.request)
        changes = changes_since(read_mark(self.request), narrowed, limit)
        rows = self._rows(changes.product_ids)
        body = answer_changes(self.request, changes, rows)
        # Kept nowhere, whatever the rows show: changes are numbered after their commit.
        return Response(body, headers={"Cache-Control": PUBLIC_CACHE_CONTROL})

    def _rows(self, product_ids: Sequence[int]) -> Any:  # noqa: ANN401
        """Render rows of products in the order of their ids; 1 query."""
        rows = product_rows(product_ids)
        page = [rows[pk] for pk in product_ids if pk in rows]
        self.shows(until=first_boundary(page, timezone.now()))
        if EXPAND_PARAMETER in self.request.query_params:
            self.shows(*(product_tag(row.pk) for row in page))
        shown: Any = self.get_serializer(page, many=True).data
        self.expand(page, shown)
        return shown
