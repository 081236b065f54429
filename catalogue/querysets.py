"""Every filter, join and prefetch of the catalogue, by name."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.db import models
from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.lookups import IsNull
from django.utils import timezone

from catalogue.rows import ROW_SOURCES, ProductRow, PublicProduct
from custom.rows import as_rows

WHOLE_SHOP = 0  # the scope of the list that has every public product
# What a product without a price sorts by: above every price.
NO_PRICE_RANK = Decimal("999999999.999")

if TYPE_CHECKING:
    from catalogue.models import (  # noqa: F401 - in strings
        AttributeDefinition,
        ListedValue,
        NumberedProduct,
        Product,
        ProductChange,
        ProductImage,
        ProductListing,
        ProductSummary,
        Variant,
    )


class TakenSlugQuerySet(models.QuerySet[Any]):
    """Slugs, and whose they are or were."""

    def leading_somewhere(self) -> Self:
        """Keep slugs whose row is still there."""
        return self.filter(owner__slug__isnull=False)  # joins; owner alone would not


class AttributeDefinitionQuerySet(models.QuerySet["AttributeDefinition"]):
    """What the attributes of product types are."""

    def in_order(self) -> Self:
        """Sort as a page shows them."""
        return self.order_by("position", "id")


class VariantQuerySet(models.QuerySet["Variant"]):
    """Variants of products."""

    def public(self, at: datetime | None = None) -> Self:
        """Keep variants that anyone may see, on products that anyone may see.

        Now, or at a moment.
        """
        return self.filter(_shown(at or timezone.now(), "product__"), is_public=True)

    def in_order(self) -> Self:
        """Sort as a page shows them."""
        return self.order_by("position", "id")


class ProductImageQuerySet(models.QuerySet["ProductImage"]):
    """Pictures of products."""

    def in_order(self) -> Self:
        """Sort as a page shows them."""
        return self.order_by("position", "id")


class ProductSummaryQuerySet(models.QuerySet["ProductSummary"]):
    """What lists show and sort by of products' offers."""

    def lock(self, pks: Iterable[int]) -> "list[ProductSummary]":
        """Read the rows of the keys under exclusive locks, in key order."""
        found = self.filter(pk__in=list(pks)).order_by("pk")
        return list(found.select_for_update())

    def due(self, at: datetime) -> Self:
        """Keep those of products whose window has opened or closed unnoticed."""
        return self.filter(boundary_at__lte=at).order_by("boundary_at")


class ProductChangeQuerySet(models.QuerySet["ProductChange"]):
    """Changes that the search index has not taken over yet."""

    def oldest(self, limit: int) -> Self:
        """Keep the first that were stored."""
        return self.order_by("pk")[:limit]

    def unlisted(self) -> Self:
        """Keep products that nobody may see any more."""
        return self.filter(is_listed=False)


class NumberedProductQuerySet(models.QuerySet["NumberedProduct"]):
    """Products in the order of their last changes."""

    def after(self, number: int) -> Self:
        """Keep what changed after a change."""
        return self.filter(number__gt=number)

    def gone_before(self, moment: datetime) -> Self:
        """Keep what nobody has been able to see since before a moment."""
        return self.filter(gone_at__lt=moment)


@dataclass(frozen=True, slots=True)
class WantedValues:
    """The values of one attribute that a list is narrowed to: any of them fits.

    ``spans`` are ends, both included, as ``catalogue.attribute_terms`` compares them.
    """

    code: str
    spans: tuple[tuple[str, str], ...]

    @property
    def is_single(self) -> bool:
        """Tell whether just one value fits."""
        return len(self.spans) == 1 and self.spans[0][0] == self.spans[0][1]

    @property
    def condition(self) -> Q:
        """Return what rows of ``ListedValue`` meet; one range of its index a span."""
        single = [first for first, last in self.spans if first == last]
        found = Q(value__in=single)
        for first, last in self.spans:
            if first != last:
                found |= Q(value__gte=first, value__lte=last)
        return Q(code=self.code) & found


class ListedValueQuerySet(models.QuerySet["ListedValue"]):
    """Attribute values by which products are found."""

    def of_any(self, wanted: WantedValues) -> Self:
        """Keep the rows of products that have one of the values."""
        return self.filter(wanted.condition)

    def count_products(self, wanted: Sequence[WantedValues]) -> int:
        """Count products that have a value of each attribute; 1 query."""
        first, *others = wanted
        found = self.of_any(first)
        for each in others:
            found = found.filter(product__in=self.of_any(each).values("product"))
        if first.is_single:  # no product is found twice
            return found.count()
        return found.aggregate(count=Count("product", distinct=True))["count"]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How a list was narrowed, for who counts it and cuts its pages."""

    scope: int
    ordering: str  # a key of ``ORDERINGS``
    attributes: tuple[WantedValues, ...]  # not applied to the rows yet
    is_whole: bool  # but for the attributes, all of the list


class ProductListingQuerySet(models.QuerySet["ProductListing"]):
    """The lists of products; an index serves each filter and each order."""

    # Set by who has narrowed the list; lost on further changes.
    narrowing: Narrowing

    def in_scope(self, scope: int) -> Self:
        """Keep one list: a category's, by its id, or ``WHOLE_SHOP``."""
        return self.filter(scope=scope)

    def priced(
        self, *, at_least: Decimal | None = None, at_most: Decimal | None = None
    ) -> Self:
        """Keep products whose price lies between two amounts, both included."""
        found = self.filter(price_rank__lt=NO_PRICE_RANK)
        if at_least is not None:
            found = found.filter(price_rank__gte=at_least)
        if at_most is not None:
            found = found.filter(price_rank__lte=at_most)
        return found

    def with_values(self, wanted: Iterable[WantedValues]) -> Self:
        """Keep products that have a value of each attribute.

        The database begins with the values where few products have them.
        """
        found = self
        for each in wanted:
            rows = self._listed_values().of_any(each)
            found = found.filter(product__in=rows.values("product"))
        return found

    def with_values_in_order(self, wanted: Iterable[WantedValues]) -> Self:
        """Keep the same, but look at products in the order of the list.

        A page then costs as many looks as it takes to find its rows, where the other
        way has to read and sort all that match. The LIMIT keeps the database from
        turning this into the other way.
        """
        found = self
        for each in wanted:
            rows = self._listed_values().of_any(each)
            own = rows.filter(product=OuterRef("product_id")).order_by()
            one = Subquery(own.values("code")[:1])
            found = found.filter(IsNull(one, False))
        return found

    def _listed_values(self) -> ListedValueQuerySet:
        """Return the values of all products."""
        products: Any = self.model.product.field.related_model
        values: ListedValueQuerySet = products.listed_values.rel.related_model.objects
        return values

    def offered_by(self, partner_id: int, currency: str) -> Self:
        """Keep products of which a partner offers a public variant."""
        products: Any = self.model.product.field.related_model
        variants: Any = products.variants.rel.related_model
        offered = variants.objects.filter(
            is_public=True,
            stock_records__partner=partner_id,
            stock_records__currency=currency,
        )
        return self.filter(product__in=offered.values("product"))

    def by_title(self) -> Self:
        """Sort by title."""
        return self.order_by("title", "product_id")

    def by_age(self) -> Self:
        """Sort the newest first."""
        return self.order_by("-created_at", "-product_id")

    def by_price(self) -> Self:
        """Sort the cheapest first; what has no price comes last."""
        return self.order_by("price_rank", "product_id")

    def by_price_downwards(self) -> Self:
        """Sort the dearest first; what has no price comes last.

        Where ``priced`` has left only prices, ``by_price().reverse()`` is the same
        order, from the index that also serves the bounds.
        """
        return self.order_by("-price_from", "-product_id")


Sorting = Callable[[ProductListingQuerySet], ProductListingQuerySet]
ORDERINGS: dict[str, Sorting] = {
    "title": lambda rows: rows.by_title(),
    "-title": lambda rows: rows.by_title().reverse(),
    "price": lambda rows: rows.by_price(),
    "-price": lambda rows: rows.by_price_downwards(),
    "newest": lambda rows: rows.by_age(),
    "-newest": lambda rows: rows.by_age().reverse(),
}
DEFAULT_ORDERING = "title"


class ProductQuerySet(models.QuerySet["Product"]):
    """Products; every method that returns rows returns a still lazy queryset."""

    def public(self, at: datetime | None = None) -> Self:
        """Keep products that anyone may see now, or at a moment."""
        return self.filter(_shown(at or timezone.now()))

    def with_is_shown(self, at: datetime) -> Self:
        """Add ``is_shown``: whether anyone may see a product at a moment."""
        is_shown = ExpressionWrapper(_shown(at), output_field=BooleanField())
        return self.annotate(is_shown=is_shown)

    def find(self, key: str) -> Self:
        """Keep the product of an id (digits only) or a slug."""
        return self.filter(id_or_slug(key))

    def lock(self, pks: Iterable[int]) -> "list[Product]":
        """Read the rows of the keys under exclusive locks, in key order."""
        found = self.filter(pk__in=list(pks)).order_by("pk")
        return list(found.select_for_update())

    def rows(self) -> "models.QuerySet[Product, ProductRow]":
        """Read what a list shows of products, in one row each, unsorted."""
        variants: Any = self.model.variants.rel.related_model
        public = variants.objects.filter(product=OuterRef("pk"), is_public=True)
        # An aggregate of Django's would group, which takes a sort for each product.
        number = Func(F("pk"), function="COUNT", output_field=IntegerField())
        found = self.filter(with_first_image()).annotate(
            variant_count=Subquery(
                public.order_by().annotate(number=number).values("number")
            ),
            **{name: F(source) for name, source in ROW_SOURCES.items()},
        )
        return as_rows(found.order_by(), ProductRow)

    def for_page(self) -> "models.QuerySet[Product, PublicProduct]":
        """Read what a product page shows of the product's own row and its summary.

        There is a row for each category that a product is in: they are few, and take
        neither a statement nor a subquery.
        """
        found = self.annotate(
            rating=F("summary__rating"),
            review_count=F("summary__review_count"),
            category_id=F("categories"),
        )
        return as_rows(found.order_by(), PublicProduct)


def with_first_image(path: str = "") -> Q:
    """Return the condition that leaves of a product's pictures the first, if any.

    Without it a row joined with them is there once for each. ``path`` leads to the
    product.
    """
    images: Any = apps.get_model("catalogue", "ProductImage")
    of_product = images.objects.filter(product=OuterRef(path or "pk"))
    joined = f"{path}__images" if path else "images"
    is_first = Q((f"{joined}__pk", Subquery(of_product.in_order().values("pk")[:1])))
    return Q((f"{joined}__isnull", True)) | is_first


def _shown(at: datetime, path: str = "") -> Q:
    """Return the condition that anyone may see a product at a moment.

    Nothing else decides it. ``path`` leads to the product.
    """
    opens, closes = f"{path}publish_from", f"{path}publish_until"
    has_opened = Q(**{f"{opens}__isnull": True}) | Q(**{f"{opens}__lte": at})
    has_not_closed = Q(**{f"{closes}__isnull": True}) | Q(**{f"{closes}__gt": at})
    return Q(**{f"{path}is_public": True}) & has_opened & has_not_closed


def is_id(key: str) -> bool:
    """Tell ids from slugs: digits are always an id."""
    return key.isascii() and key.isdigit()


def id_or_slug(key: str) -> Q:
    """Return the condition that a row has an id (digits only) or a slug."""
    # An id too long for the column matches nothing.
    if is_id(key):
        return Q(pk=int(key)) if len(key) < len(str(2**63)) else Q(pk__in=())
    return Q(slug=key)
