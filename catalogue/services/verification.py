"""Prove that the tree of categories is one, and what follows: lists, slugs."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from catalogue.models import (
    Category,
    ListingCount,
    Product,
    ProductListing,
    ProductSummary,
)
from catalogue.services.listings import (
    TREE_LOCK,
    recount_listings,
    refresh_listings,
    scopes_of,
)
from catalogue.services.slugs import OWNERS, record_slugs, unrecorded
from catalogue.services.values import stored_values, values_of
from custom.locks import lock_named
from custom.transactions import transactional

BATCH = 500  # products compared at a time
PATIENCE = timedelta(minutes=1)  # for lists to follow a window
SHOWN_BY = ("is_public", "publish_from", "publish_until")
Children = Mapping[int | None, Sequence[Category]]
Place = tuple[int, int, int, int]  # tree_id, lft, rght, level


@transactional
def verify_catalogue() -> list[str]:
    """Name every fault of tree, lists, counts and slugs; none is good.

    Holds the lock of the tree, so that nobody changes it meanwhile.
    """
    lock_named(TREE_LOCK)
    return [
        *_tree_faults(),
        *_list_faults(),
        *_count_faults(),
        *_value_faults(),
        *_slug_faults(),
    ]


@transactional
def repair_catalogue() -> None:
    """Number the tree anew from the parents, and make what follows of it."""
    lock_named(TREE_LOCK)
    Category.objects.rebuild()
    refresh_listings(Product.objects.values_list("pk", flat=True))
    recount_listings()
    for records in OWNERS:
        record_slugs(records, unrecorded(records))


def _tree_faults() -> Iterator[str]:
    """Compare every row's numbers with what the parents say; 1 query."""
    rows = list(Category.objects.order_by("tree_id", "lft", "pk"))
    children: defaultdict[int | None, list[Category]] = defaultdict(list)
    for row in rows:
        children[row.parent_id].append(row)
    expected: dict[int, Place] = {}
    for top in children[None]:
        _number(top, (top.tree_id, 1, 0), children, expected)
    for row in rows:
        actual = (row.tree_id, row.lft, row.rght, row.level)
        if actual != expected.get(row.pk):
            wanted = expected.get(row.pk, "a place below a top")
            yield f"category {row.pk}: {actual} instead of {wanted}"
    trees = Counter(top.tree_id for top in children[None])
    yield from (f"tree {tree}: {n} tops" for tree, n in trees.items() if n > 1)
    for parent, siblings in children.items():
        names = [row.name.casefold() for row in siblings]
        if names != sorted(names):
            yield f"below category {parent}: not in the order of names"


def _number(
    row: Category,
    start: tuple[int, int, int],
    children: Children,
    expected: dict[int, Place],
) -> int:
    """Number a row and all below it; return the first free number behind them."""
    tree_id, lft, level = start
    position = lft + 1
    for child in children.get(row.pk, ()):
        position = _number(child, (tree_id, position, level + 1), children, expected)
    expected[row.pk] = (tree_id, lft, position, level)
    return position + 1


def _list_faults() -> Iterator[str]:
    """Compare each product's lists with its categories and window; 4 queries per 500.

    Lists have a minute to follow a boundary: the scheduler looks every few seconds.
    """
    last, at = 0, timezone.now()
    products = Product.objects.with_is_shown(at).only(*SHOWN_BY).order_by("pk")
    while batch := list(products.filter(pk__gt=last)[:BATCH]):
        pks = [product.pk for product in batch]
        wanted = scopes_of(pks)
        listed: defaultdict[int, set[int]] = defaultdict(set)
        rows = ProductListing.objects.filter(product__in=pks)
        for product_id, scope in rows.values_list("product", "scope"):
            listed[product_id].add(scope)
        boundaries = dict(
            ProductSummary.objects.filter(pk__in=pks).values_list("pk", "boundary_at")
        )
        for product in batch:
            noted = boundaries.get(product.pk)
            if noted is not None and noted <= at:
                if at - noted > PATIENCE:
                    yield f"product {product.pk}: its lists have not followed {noted}"
                continue
            boundary = product.boundary_after(at)
            if noted != boundary:
                yield f"product {product.pk}: lists wait for {noted}, not {boundary}"
            right = wanted[product.pk] if product.is_shown else set()
            if listed[product.pk] != right:
                told = f"{sorted(listed[product.pk])} instead of {sorted(right)}"
                yield f"product {product.pk}: in lists {told}"
        last = pks[-1]


def _value_faults() -> Iterator[str]:
    """Compare the values products are found by with what they say; 4 queries a 500."""
    last = 0
    pks = Product.objects.order_by("pk").values_list("pk", flat=True)
    while batch := list(pks.filter(pk__gt=last)[:BATCH]):
        wanted, found = values_of(batch), stored_values(batch)
        for product_id in sorted({key[0] for key in wanted ^ found}):
            yield f"product {product_id}: found by other values than it has"
        last = batch[-1]


def _count_faults() -> Iterator[str]:
    """Compare the number of each list with its rows; 2 queries."""
    rows = ProductListing.objects.order_by().values_list("scope")
    counted = dict(rows.annotate(count=Count("*")))
    told = dict(ListingCount.objects.values_list("scope", "product_count"))
    for scope in sorted(counted.keys() | told.keys()):
        if counted.get(scope, 0) != told.get(scope, 0):
            numbers = f"{told.get(scope, 0)} instead of {counted.get(scope, 0)}"
            yield f"list {scope}: {numbers} products"


def _slug_faults() -> Iterator[str]:
    """Find rows whose slug, should it change, would lead elsewhere; 2 queries."""
    for records in OWNERS:
        for row in unrecorded(records).only("slug"):
            kind = type(row).__name__.lower()
            yield f"{kind} {row.pk}: {row.slug} is not noted as its slug"
