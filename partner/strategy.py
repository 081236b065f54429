"""Which offer the shop shows and sells of a variant, and of a product.

A variant may be offered by several partners. Among the stock records of active
partners in the shop's currency the shop picks, in this order:

1. one from which a unit can be promised now (a free unit, or backorder);
2. the lowest price;
3. the lowest id, so that the choice never flickers.

A product shows the best, by the same order, of the offers of its public
variants; it is in stock if one of those offers is.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F, Min, QuerySet
from django.utils import timezone

from custom.prepared import Asked, PreparedRead
from custom.rows import as_rows
from partner.models import StockPrice, StockRecord
from partner.querysets import StockRecordQuerySet

REFERENCE_PERIOD = timedelta(days=30)  # of "lowest price of the last 30 days"


class Offer(NamedTuple):
    """A stock record as a buyer sees it."""

    stock_record_id: int
    variant_id: int
    partner_id: int
    partner_name: str
    price: Decimal
    compare_at_price: Decimal | None
    currency: str
    num_in_stock: int
    num_allocated: int
    backorder: bool

    @property
    def num_free(self) -> int:
        """Return the units not promised yet; below 0 when oversold on backorder."""
        return self.num_in_stock - self.num_allocated

    @property
    def num_available(self) -> int:
        """Return the units that could leave today."""
        return max(self.num_free, 0)

    @property
    def in_stock(self) -> bool:
        """Tell whether a unit lies ready."""
        return self.num_free > 0

    @property
    def purchasable(self) -> bool:
        """Tell whether a unit can be promised now."""
        return self.backorder or self.in_stock

    @property
    def rank(self) -> tuple[bool, Decimal, int]:
        """Return what the strategy compares; the lowest rank is picked."""
        return (not self.purchasable, self.price, self.stock_record_id)


def _offers(rows: StockRecordQuerySet) -> QuerySet[Any, Offer]:
    """Return offered stock records as offers, unsorted."""
    found = rows.annotate(
        stock_record_id=F("pk"),
        partner_name=F("partner__name"),
        num_in_stock=F("level__num_in_stock"),
        num_allocated=F("level__num_allocated"),
        backorder=F("level__backorder"),
    )
    return as_rows(found.order_by(), Offer)


_OFFERS = PreparedRead(
    lambda variants, currency: _offers(
        StockRecord.objects.offered(currency).filter(variant__in=variants)
    )
)
_OFFERS_OF_PRODUCT = PreparedRead(
    lambda product, currency: _offers(
        StockRecord.objects.offered(currency).filter(variant__product=product)
    )
)
_LOWEST = PreparedRead(
    lambda product, since: (
        StockPrice.objects.valid_since(since)
        .filter(stock_record__variant__product=product)
        .order_by()
        .values_list("stock_record")
        .annotate(lowest=Min("price"))
    )
)


def best_offer(offers: Iterable[Offer]) -> Offer | None:
    """Return the offer the strategy picks, or None if there is none."""
    return min(offers, key=lambda offer: offer.rank, default=None)


def pick_offers(variant_ids: Collection[int]) -> dict[int, Offer]:
    """Pick the offer of each variant; 1 query, no locks.

    Returns:
        Variant id -> offer; variants that nobody offers are left out.
    """
    return pick_by_variant(
        _OFFERS(variants=list(variant_ids), currency=settings.SHOP_CURRENCY)
    )


def pick_by_variant(offers: Iterable[Offer]) -> dict[int, Offer]:
    """Return variant id -> the one of its offers that the strategy picks."""
    picked: dict[int, Offer] = {}
    for offer in offers:
        rival = picked.get(offer.variant_id)
        if rival is None or offer.rank < rival.rank:
            picked[offer.variant_id] = offer
    return picked


def ask_offers(product_id: int) -> Asked[Offer]:
    """Return the read of all offers of a product's variants, hidden ones included."""
    return _OFFERS_OF_PRODUCT.of(product=product_id, currency=settings.SHOP_CURRENCY)


def ask_lowest_prices(product_id: int) -> Asked[tuple[int, Decimal]]:
    """Return the read of the lowest price of the last 30 days of each offer.

    Its rows are ids of stock records and prices.
    """
    since = timezone.now() - REFERENCE_PERIOD
    return _LOWEST.of(product=product_id, since=since)


def offer_of(record: StockRecord) -> Offer:
    """Read a stock record, loaded with its partner and level, as an offer."""
    return Offer(
        stock_record_id=record.pk,
        variant_id=record.variant_id,
        partner_id=record.partner_id,
        partner_name=record.partner.name,
        price=record.price,
        compare_at_price=record.compare_at_price,
        currency=record.currency,
        num_in_stock=record.level.num_in_stock,
        num_allocated=record.level.num_allocated,
        backorder=record.level.backorder,
    )
