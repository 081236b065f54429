from django.test import TransactionTestCase
from django.utils import timezone

from orders.models import Order
from stats.days import day_of
from stats.models import OfferDay, SalesDay, StaleDay
from stats.services import find_drift
from tests.orders.factories import make_offer
from tests.processes import race

PROCESSES, ORDERS_EACH = 4, 4


class CountingRaceTests(TransactionTestCase):
    """Several processes that order, mark and count the same day"""

    def test_the_last_count_has_seen_every_order(self) -> None:
        variants = [make_offer(num_in_stock=99).variant_id for _ in range(3)]
        days = {day_of(timezone.now())}
        wanted = [*variants, variants[0]][:ORDERS_EACH]
        outcomes = race(
            "tests.stats.racers.buy_and_count", [{"variants": wanted}] * PROCESSES
        )
        self.assertEqual([outcome.error for outcome in outcomes], [None] * PROCESSES)
        days.add(day_of(timezone.now()))
        self.assertEqual(Order.objects.count(), PROCESSES * ORDERS_EACH)
        # Nobody counts once more: the marks are off because all was counted.
        self.assertFalse(StaleDay.objects.exists())
        counted = SalesDay.objects.filter(day__in=days)
        self.assertEqual(sum(row.orders for row in counted), PROCESSES * ORDERS_EACH)
        self.assertEqual(list(find_drift()), [])
        self.assertEqual(
            OfferDay.objects.values("stock_record_id").distinct().count(), 3
        )
