"""The lists that products are found by (decision 0008)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import (
    Case,
    Count,
    F,
    IntegerField,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalogue.models import ListingCount, Product, ProductListing, ProductSummary
from catalogue.querysets import NO_PRICE_RANK, WHOLE_SHOP
from catalogue.services.changes import announce_changes
from catalogue.services.values import (
    BATCH,
    drop_values,
    in_batches,
    store_values,
)
from custom.collecting import Turn, gathered
from custom.locks import lock_named
from custom.transactions import transactional

# Held by whoever changes the tree, or reads from it what a product is below.
TREE_LOCK = "catalogue.category"
COPIED = ("title", "created_at", "in_stock", "price_from", "price_rank")
CATEGORIES_ABOVE = """
    SELECT DISTINCT link.product_id, above.id
    FROM catalogue_product_categories AS link
    JOIN catalogue_category AS own ON own.id = link.category_id
    JOIN catalogue_category AS above
        ON above.tree_id = own.tree_id AND own.lft BETWEEN above.lft AND above.rght
    WHERE link.product_id IN ({keys})
"""


@gathered(Turn.LISTS, None)
@transactional
def refresh_listings(product_ids: Iterable[int]) -> None:
    """Put products into just the lists they belong in; 12 to 18 statements per 500.

    Takes the lock of the category tree, then locks the products' summaries. The
    search index learns of it after the commit.
    """
    lock_named(TREE_LOCK)
    at = timezone.now()  # under the lock: whoever has it later looks later
    for pks in in_batches(product_ids):
        summaries = {row.pk: row for row in ProductSummary.objects.lock(pks)}
        products = list(
            Product.objects.with_is_shown(at)
            .filter(pk__in=summaries)
            .only("title", "created_at", "is_public", "publish_from", "publish_until")
            .order_by("pk")
        )
        scopes = scopes_of(pks)
        wanted = [
            _listing(product, summaries[product.pk], scope)
            for product in products
            if product.is_shown
            for scope in sorted(scopes[product.pk])
        ]
        _replace(list(ProductListing.objects.filter(product__in=pks)), wanted)
        _note_boundaries(products, summaries, at)
        store_values(pks)
        announce_changes(pks)


@gathered(Turn.LISTS, None)
@transactional
def drop_listings(product_ids: Iterable[int]) -> None:
    """Take products out of every list, as when they are about to be deleted."""
    lock_named(TREE_LOCK)
    for pks in in_batches(product_ids):
        ProductSummary.objects.lock(pks)
        _replace(list(ProductListing.objects.filter(product__in=pks)), [])
        drop_values(pks)
        announce_changes(pks)


@transactional
def drop_scope(category_id: int) -> None:
    """Forget the list of a category that is no more."""
    ProductListing.objects.in_scope(category_id).delete()
    ListingCount.objects.filter(scope=category_id).delete()


@transactional
def copy_figures(product_ids: Iterable[int]) -> None:
    """Copy changed figures from summaries into lists; 4 statements for each 500.

    The caller holds the summaries' locks; the tree's is not needed.
    """
    for pks in in_batches(product_ids):
        summary = ProductSummary.objects.filter(pk=OuterRef("product_id"))
        price = Subquery(summary.values("price_from"))
        ProductListing.objects.filter(product__in=pks).update(
            in_stock=Subquery(summary.values("in_stock")),
            price_from=price,
            price_rank=Coalesce(price, Value(NO_PRICE_RANK)),
        )
        announce_changes(pks)


@transactional
def recount_listings() -> None:
    """Count every list again, row by row; for repairs."""
    lock_named(TREE_LOCK)
    listed = ProductListing.objects.order_by().values_list("scope")
    counted = listed.annotate(count=Count("*"))
    ListingCount.objects.all().delete()
    ListingCount.objects.bulk_create(
        ListingCount(scope=scope, product_count=count) for scope, count in counted
    )


def scopes_of(product_ids: Sequence[int]) -> dict[int, set[int]]:
    """Return product id -> the lists it belongs in if it is public; 1 query."""
    scopes: defaultdict[int, set[int]] = defaultdict(lambda: {WHOLE_SHOP})
    statement = CATEGORIES_ABOVE.format(keys=", ".join(["%s"] * len(product_ids)))
    with connection.cursor() as cursor:
        cursor.execute(statement, product_ids)
        for product_id, category_id in cursor.fetchall():
            scopes[product_id].add(category_id)
    return scopes


def _listing(product: Product, summary: ProductSummary, scope: int) -> ProductListing:
    """Return the row of a product in a list, still to be stored."""
    price = summary.price_from
    return ProductListing(
        product=product,
        scope=scope,
        title=product.title,
        created_at=product.created_at,
        in_stock=summary.in_stock,
        price_from=price,
        price_rank=NO_PRICE_RANK if price is None else price,
    )


def _note_boundaries(
    products: Iterable[Product], summaries: Mapping[int, ProductSummary], at: datetime
) -> None:
    """Store when lists will be out of date, where that has changed; 1 statement."""
    changed = []
    for product in products:
        summary, boundary = summaries[product.pk], product.boundary_after(at)
        if summary.boundary_at != boundary:
            summary.boundary_at = boundary
            changed.append(summary)
    ProductSummary.objects.bulk_create(
        changed, update_conflicts=True, update_fields=["boundary_at"]
    )


def _replace(stored: list[ProductListing], wanted: list[ProductListing]) -> None:
    """Turn the stored rows of some products into the wanted ones, and count."""
    before = {(row.product_id, row.scope): row for row in stored}
    after = {(row.product_id, row.scope): row for row in wanted}
    gone = [row.pk for key, row in before.items() if key not in after]
    if gone:
        ProductListing.objects.filter(pk__in=gone).delete()
    changed = [
        row
        for key, row in after.items()
        if key not in before or _copied(before[key]) != _copied(row)
    ]
    ProductListing.objects.bulk_create(
        changed, update_conflicts=True, update_fields=COPIED, batch_size=BATCH
    )
    counts = Counter(scope for _, scope in after)
    counts.subtract(scope for _, scope in before)
    _count({scope: delta for scope, delta in counts.items() if delta})


def _copied(row: ProductListing) -> tuple[object, ...]:
    """Return what a row copies from product and summary."""
    return tuple(getattr(row, name) for name in COPIED)


def _count(deltas: dict[int, int]) -> None:
    """Add to the numbers of products in lists, in key order; 2 statements."""
    if not deltas:
        return
    scopes = sorted(deltas)
    ListingCount.objects.bulk_create(
        [ListingCount(scope=scope) for scope in scopes], ignore_conflicts=True
    )
    added = Case(
        *(When(pk=scope, then=deltas[scope]) for scope in scopes),
        output_field=IntegerField(),
    )
    ListingCount.objects.filter(pk__in=scopes).order_by("pk").update(
        product_count=F("product_count") + added
    )
