import uuid
from collections import Counter
from typing import Any

from django.test import TransactionTestCase, tag

from orders.models import Order
from partner.models import StockLevel
from promotions.models import VoucherCounter
from tests.buying.invariants import find_faults
from tests.buying.shoppers import order_body
from tests.orders.factories import make_offer
from tests.processes import environment, race
from tests.promotions.factories import make_voucher
from tests.web import web_server

PROCESSES = 8
UNITS = 20


class SellOutTests(TransactionTestCase):
    """Eight processes and twenty units"""

    def buy(self, *calls: dict[str, Any]) -> Counter[str]:
        """Let every call race; sum up what became of their orders."""
        outcomes = race("tests.buying.racers.buy", calls, seconds=300)
        # No deadlock, no lock that took too long, nothing but "sold out".
        self.assertEqual([each.error for each in outcomes], [None] * len(calls))
        total: Counter[str] = Counter()
        for outcome in outcomes:
            total.update(outcome.value)
        self.assertEqual(find_faults(), [])
        self.assertEqual(Order.objects.count(), total["sold"])
        return total

    def sell_out(self, *, items: int, times: int, **fields: object) -> None:
        """Race for ``UNITS`` of each item, in opposite orders."""
        records = [make_offer(num_in_stock=UNITS) for _ in range(items)]
        variants = [record.variant_id for record in records]
        calls = [
            {
                "buyer": buyer,
                "variants": variants if buyer % 2 else variants[::-1],
                "times": times,
            }
            | fields
            for buyer in range(PROCESSES)
        ]
        total = self.buy(*calls)
        self.assertEqual(total["sold"], UNITS)
        self.assertEqual(total["insufficient-stock"], PROCESSES * times - UNITS)
        levels = StockLevel.objects.values_list("num_in_stock", "num_allocated")
        self.assertEqual(set(levels), {(UNITS, UNITS)})

    def test_one_item(self) -> None:
        self.sell_out(items=1, times=4)

    def test_several_items_in_opposite_orders(self) -> None:
        self.sell_out(items=4, times=4)

    def test_through_the_basket(self) -> None:
        self.sell_out(items=2, times=4, through_basket=True)

    @tag("soak")
    def test_again_and_again(self) -> None:
        for _ in range(10):
            for items, through_basket in ((1, False), (8, False), (4, True)):
                with self.subTest(items=items, through_basket=through_basket):
                    self._fixture_teardown()
                    self.sell_out(items=items, times=10, through_basket=through_basket)

    def test_a_voucher_with_ten_uses_serves_ten_of_forty(self) -> None:
        make_voucher("TEN", percent=10, max_uses=10)
        variant = make_offer(num_in_stock=100).variant_id
        call = {
            "variants": [variant],
            "times": 1,
            "vouchers": ["TEN"],
            "is_patient": True,
        }
        total = self.buy(*({"buyer": buyer} | call for buyer in range(40)))
        self.assertEqual(total, {"sold": 10, "voucher-used-up": 30})
        self.assertEqual(VoucherCounter.objects.get().num_used, 10)


class OneKeyTests(TransactionTestCase):
    """One idempotency key from eight processes at once, over HTTP"""

    def test_there_is_one_order_and_one_answer(self) -> None:
        variant = make_offer(num_in_stock=UNITS).variant_id
        key = str(uuid.uuid4())
        with web_server(environment(), workers=2) as web:
            call = {
                "port": web.port,
                "path": "/api/order/",
                "body": order_body((variant, 1)),
                "headers": {"Idempotency-Key": key},
            }
            outcomes = race("tests.buying.racers.post", [call] * PROCESSES)
        self.assertEqual([each.error for each in outcomes], [None] * PROCESSES)
        answers = [each.value for each in outcomes]
        placed = [each["body"] for each in answers if each["status"] == 201]
        others = [each["body"] for each in answers if each["status"] != 201]
        self.assertGreater(len(placed), 0)
        for body in placed:
            self.assertEqual(body, placed[0])
        self.assertEqual(
            {body["code"] for body in others} - {"idempotency-in-progress"}, set()
        )
        order = Order.objects.get()
        self.assertEqual(placed[0]["number"], order.number)
        self.assertEqual(find_faults({key: order.number}), [])
