"""What is shown beside a product: what staff chose, then what is like it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from catalogue.models import (
    AttributeDefinition,
    ListedValue,
    Product,
    ProductListing,
)
from catalogue.querysets import NO_PRICE_RANK, WHOLE_SHOP
from catalogue.rows import PublicProduct

MOST_RELATED = 12
LOOKED_AT = 25  # products of each list and each value; what is like it is among them
MOST_LISTS = 4
MOST_VALUES = 8
Value = tuple[str, str]  # code and value


def related_products(product: PublicProduct) -> list[int]:
    """Return ids of up to 12 public products; 1 query, or 6 where staff chose fewer.

    First what staff chose, in their order and in stock or not. Then what is in stock
    and shares the most facet values, of those what is in a category of the product, of
    those what costs about as much.
    """
    picked = list(
        Product.objects.public()
        .filter(picked_by__product=product.pk)
        .order_by("picked_by__position", "picked_by__pk")
        .values_list("pk", flat=True)[:MOST_RELATED]
    )
    if len(picked) == MOST_RELATED:
        return picked
    alike = [pk for pk in _alike(product) if pk not in {product.pk, *picked}]
    return [*picked, *alike][:MOST_RELATED]


def _alike(product: PublicProduct) -> list[int]:
    """Return products that are like one, the most alike first; 5 queries."""
    categories = product.category_ids[:MOST_LISTS]
    facets = AttributeDefinition.objects.filter(
        product_type=product.product_type_id, is_facet=True
    )
    own = ListedValue.objects.filter(product=product.pk, code__in=facets.values("code"))
    values = list(own.values_list("code", "value")[:MOST_VALUES])
    listed = ProductListing.objects.in_scope(WHOLE_SHOP).filter(product=product.pk)
    price = listed.values_list("price_rank", flat=True).first() or NO_PRICE_RANK

    first, *others = _candidates(categories or [WHOLE_SHOP], values, price)
    found = set(first.union(*others))
    shared = _count_shared(found, values)
    prices: dict[int, Decimal] = {}
    scopes: defaultdict[int, set[int]] = defaultdict(set)
    rows = ProductListing.objects.filter(
        product__in=found, scope__in=[WHOLE_SHOP, *categories]
    )
    for pk, scope, rank in rows.values_list("product", "scope", "price_rank"):
        prices[pk] = rank
        scopes[pk].add(scope)
    return sorted(
        prices,
        key=lambda pk: (-shared[pk], len(scopes[pk]) == 1, abs(prices[pk] - price), pk),
    )


def _candidates(
    scopes: Sequence[int], values: Sequence[Value], price: Decimal
) -> Iterator[QuerySet[Any, int]]:
    """Cut what is next in price out of each list, and the newest with each value.

    Each is a few rows off an index, however many products there are.
    """
    for scope in scopes:
        rows = ProductListing.objects.in_scope(scope).filter(in_stock=True)
        ids = rows.by_price().values_list("product_id", flat=True)
        yield ids.filter(price_rank__gte=price)[:LOOKED_AT]
        yield ids.filter(price_rank__lt=price).reverse()[:LOOKED_AT]
    for code, value in values:
        having = ListedValue.objects.filter(
            code=code,
            value=value,
            product__listings__scope=WHOLE_SHOP,
            product__listings__in_stock=True,
        )
        newest = having.order_by("-product_id")
        yield newest.values_list("product_id", flat=True)[:LOOKED_AT]


def _count_shared(product_ids: set[int], values: Sequence[Value]) -> Counter[int]:
    """Return product id -> how many of the values it has; 1 query if any."""
    if not values:
        return Counter()
    wanted = Q(code="")
    for code, value in values:
        wanted |= Q(code=code, value=value)
    rows = ListedValue.objects.filter(wanted, product__in=product_ids).order_by()
    counted = rows.values_list("product").annotate(count=Count("code"))
    return Counter(dict(counted))
