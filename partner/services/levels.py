"""What follows from a change of levels: lists that turn, warnings of low stock."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db.models import F

from catalogue.models import Variant
from catalogue.pages import product_tag
from catalogue.services import announce_changes
from custom import outbox
from custom.caching.versions import raise_on_commit
from custom.prepared import PreparedRead
from custom.rows import as_rows
from partner.models import StockLevel
from partner.services.summaries import refresh_summaries


class _Left(NamedTuple):
    """What is left of a level, and who has to know."""

    pk: int
    free: int
    threshold: int | None
    product_id: int


_LEFT = PreparedRead(
    lambda records: as_rows(
        StockLevel.objects.filter(pk__in=records)
        .annotate(
            free=F("num_in_stock") - F("num_allocated"),
            threshold=F("stock_record__low_stock_threshold"),
            product_id=F("stock_record__variant__product_id"),
        )
        .order_by(),
        _Left,
    )
)


def follow_levels(
    free_deltas: Mapping[int, int], *, reoffered: Collection[int] = ()
) -> None:
    """Announce levels that fell low, refresh lists that turned; at least 1 query.

    Called once the levels are changed, in the same transaction: their rows are
    locked, so of many sales just the one that crosses a threshold sees it crossed.

    Args:
        free_deltas: Stock record id -> change of the units that are not promised.
        reoffered: Stock records whose lists are refreshed in any case: new ones,
            and those that ask another price.
    """
    low: list[dict[str, object]] = []
    turned = set(reoffered)
    products: set[int] = set()
    for pk, free, threshold, product in _LEFT(records=list(free_deltas)):
        products.add(product)
        before = free - free_deltas[pk]
        if threshold is not None and free <= threshold < before:
            low.append({"stock_record": pk, "num_free": free, "threshold": threshold})
        if (free > 0) != (before > 0):
            turned.add(pk)
    outbox.publish_all("stock.low", low)
    raise_on_commit(product_tag(pk) for pk in products)  # pages tell what is left
    if turned:
        refresh_lists(turned)


def refresh_lists(stock_record_ids: Iterable[int]) -> None:
    """Refresh what lists show of the products of stock records, and announce them.

    A product is announced even if its row stays: its page shows every offer.
    """
    variants = Variant.objects.filter(stock_records__in=list(stock_record_ids))
    products = set(variants.values_list("product", flat=True))
    announce_changes(products - refresh_summaries(products))
