from django.db.models import Sum
from django.test import TransactionTestCase

from custom.models import IdempotencyKey
from orders.models import Order, OrderEvent, OrderLine
from partner.models import StockLevel, StockMovement
from tests.orders.factories import make_offer
from tests.outbox import messages
from tests.processes import race


class PlacingRaceTests(TransactionTestCase):
    """place_order in eight processes at once"""

    def assert_books_agree(self) -> None:
        """Every order is whole, and every level is the sum of its movements."""
        orders = Order.objects.count()
        self.assertEqual(OrderEvent.objects.count(), orders)
        self.assertEqual(messages().count(), orders)
        self.assertEqual(IdempotencyKey.objects.count(), orders)
        self.assertEqual(Order.objects.filter(lines__isnull=True).count(), 0)
        for level in StockLevel.objects.all():
            moved = StockMovement.objects.filter(stock_record=level.pk).aggregate(
                stock=Sum("in_stock_delta"), allocated=Sum("allocated_delta")
            )
            sold = OrderLine.objects.filter(stock_record_id=level.pk).aggregate(
                units=Sum("quantity", default=0)
            )["units"]
            self.assertEqual(level.num_in_stock, moved["stock"])
            self.assertEqual(level.num_allocated, moved["allocated"])
            self.assertEqual(level.num_allocated, sold)

    def test_twenty_units_are_sold_exactly_twenty_times(self) -> None:
        record = make_offer(num_in_stock=20)
        calls = [
            {"buyer": buyer, "variants": [record.variant_id], "times": 5}
            for buyer in range(8)
        ]
        outcomes = race("tests.orders.racers.buy", calls)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 8)
        self.assertEqual(sum(outcome.value["sold"] for outcome in outcomes), 20)
        self.assertEqual(sum(outcome.value["short"] for outcome in outcomes), 20)
        self.assertEqual(Order.objects.count(), 20)
        level = StockLevel.objects.get()
        self.assertEqual((level.num_in_stock, level.num_allocated), (20, 20))
        self.assert_books_agree()

    def test_orders_of_several_items_in_any_order_sell_what_there_is(self) -> None:
        records = [make_offer(num_in_stock=12) for _ in range(3)]
        variants = [record.variant_id for record in records]
        calls = [
            {
                "buyer": buyer,
                "variants": variants if buyer % 2 else variants[::-1],
                "times": 3,
            }
            for buyer in range(8)
        ]
        outcomes = race("tests.orders.racers.buy", calls)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 8)
        self.assertEqual(sum(outcome.value["sold"] for outcome in outcomes), 12)
        self.assertEqual(Order.objects.count(), 12)
        self.assertEqual(
            list(StockLevel.objects.values_list("num_allocated", flat=True)), [12] * 3
        )
        self.assert_books_agree()

    def test_one_key_in_eight_processes_places_one_order(self) -> None:
        record = make_offer(num_in_stock=20)
        call = {"variant": record.variant_id}
        outcomes = race("tests.orders.racers.buy_with_one_key", [call] * 8)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 8)
        made = str(Order.objects.get().public_id)
        self.assertEqual({outcome.value["made"] for outcome in outcomes}, {made})
        replays = [outcome.value["is_replay"] for outcome in outcomes]
        self.assertEqual(sorted(replays), [False] + [True] * 7)
        self.assertEqual(StockLevel.objects.get().num_allocated, 1)
        self.assert_books_agree()
