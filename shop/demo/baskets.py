"""Baskets of the demo shop: those that became its orders, and more that did not."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from basket.models import Basket
from basket.services import HistoricBasket, import_baskets
from custom.transactions import transactional
from orders.models import Order
from partner.models import StockRecord
from shop.demo.people import SPAN
from stats.days import day_of, days_between
from stats.services import keep_basket_counts

MOST_LEFT = 4  # a day
HESITATION = timedelta(minutes=20)  # between opening a basket and ordering


@transactional
def load_baskets() -> int:
    """Leave baskets of as many days as baskets are kept; count them.

    Of the days before only their number is known, as in a shop that has been open so
    long. A shop that has a basket is left alone.
    """
    if Basket.objects.exists():
        return 0
    offers = list(
        StockRecord.objects.filter(currency=settings.SHOP_CURRENCY)
        .order_by("partner_sku", "pk")
        .values_list("pk", flat=True)
    )
    if not offers:
        return 0
    now = timezone.now()
    kept_since = now - timedelta(days=settings.BASKET_DAYS)
    draw = random.Random(SPAN.days)  # noqa: S311 - repeatable on purpose
    keep_basket_counts(_former(now, draw))
    return import_baskets(
        [*_ordered(kept_since), *_left(kept_since, now, offers, draw)]
    )


def _former(now: datetime, draw: random.Random) -> dict[date, tuple[int, int]]:
    """Return how many were opened and ordered on each day of the shop's life."""
    moments = Order.objects.order_by().values_list("placed_at", flat=True)
    ordered = Counter(day_of(moment - HESITATION) for moment in moments)
    days = days_between(day_of(now - SPAN), day_of(now))
    return {
        day: (ordered[day] + draw.randint(1, MOST_LEFT), ordered[day]) for day in days
    }


def _ordered(since: datetime) -> Iterator[HistoricBasket]:
    """Yield the baskets of the orders since then."""
    for order in Order.objects.filter(placed_at__gte=since).prefetch_related("lines"):
        yield HistoricBasket(
            quantities={
                line.stock_record_id: line.quantity for line in order.lines.all()
            },
            opened_at=order.placed_at - HESITATION,
            order=order.public_id,
            user_id=order.user_id,
        )


def _left(
    since: datetime, now: datetime, offers: Sequence[int], draw: random.Random
) -> Iterator[HistoricBasket]:
    """Yield baskets of guests who have gone, some a day."""
    for number in range((now - since).days):
        for _each in range(draw.randint(1, MOST_LEFT)):
            opened_at = now - timedelta(days=number + draw.random())
            chosen = draw.sample(offers, min(draw.randint(1, 3), len(offers)))
            yield HistoricBasket(
                quantities=dict.fromkeys(chosen, 1),
                opened_at=opened_at.replace(microsecond=0),
            )
