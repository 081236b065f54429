"""Which days there are to count, and the sums of days that months repeat."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Max, Min, QuerySet, Sum
from django.utils import timezone

from orders.models import Order
from stats.days import DAY, day_of, days_between, next_month, start_of
from stats.models import OfferDay, SalesDay
from stats.selectors.ledgers import Row, Rows

PURGE_MARGIN = timedelta(hours=1)  # baskets are purged while others are counted


def ledger_days() -> list[date]:
    """Return every day that a ledger or a summary may tell of; 2 queries.

    Nothing is taken back or paid back before the first order.
    """
    placed = Order.objects.aggregate(first=Min("placed_at"), last=Max("placed_at"))
    counted = SalesDay.objects.aggregate(first=Min("day"), last=Max("day"))
    days = {day_of(timezone.now())}
    days |= {day_of(moment) for moment in placed.values() if moment is not None}
    days |= {day for day in counted.values() if day is not None}
    return list(days_between(min(days), max(days)))


def open_basket_days() -> list[date]:
    """Return the days whose baskets are all there still, up to today; no queries.

    Baskets are purged when nobody has touched them for ``BASKET_DAYS``.
    """
    now = timezone.now()
    oldest = now - timedelta(days=settings.BASKET_DAYS) + PURGE_MARGIN
    first = day_of(oldest)
    if start_of(first) < oldest:
        first += DAY
    return list(days_between(first, day_of(now)))


def sum_offers(month: date, records: Collection[int] | None = None) -> Rows:
    """Sum the days of a month by currency and stock record; 1 query.

    Args:
        month: Its first day.
        records: Only these stock records; None for all.
    """
    days = offer_sums(month)
    if records is not None:
        days = days.filter(stock_record_id__in=records)
    found: Rows = defaultdict(Row)
    for currency, record, *numbers in days:
        names = (*OfferDay.copied, *OfferDay.measures)
        found[currency, record] = Row(zip(names, numbers, strict=True))
    return found


def offer_sums(month: date) -> QuerySet[OfferDay, Any]:
    """Return a month's keys, what rows copy of them, and sums of the measures."""
    days = OfferDay.objects.between(month, next_month(month) - DAY)
    sums = [Sum(name) for name in OfferDay.measures]
    copies = [Max(name) for name in OfferDay.copied]
    return days.order_by().values_list(*OfferDay.keys).annotate(*copies, *sums)
