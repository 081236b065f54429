from django.test import TestCase, TransactionTestCase

from orders.claims import open_units
from partner.services import verify_stock
from tests.orders.factories import OrderLineFactory, make_offer
from tests.processes import race


class OpenUnitsTests(TestCase):
    """What open orders wait for."""

    def test_sums_what_is_not_shipped(self) -> None:
        for record, quantity, fulfilled, cancelled in (
            (1, 3, 1, 0),
            (1, 4, 1, 1),
            (2, 2, 1, 1),
            (3, 1, 0, 0),
        ):
            OrderLineFactory(
                stock_record_id=record,
                quantity=quantity,
                fulfilled_quantity=fulfilled,
                cancelled_quantity=cancelled,
                line_total=quantity * OrderLineFactory.unit_price,
            )
        with self.assertNumQueries(1):
            self.assertEqual(open_units(), {1: 4, 3: 1})
        self.assertEqual(open_units([3, 4]), {3: 1})


class VerifyRaceTests(TransactionTestCase):
    """manage.py stock verify beside a shop that sells"""

    def test_orders_in_between_are_no_findings(self) -> None:
        record = make_offer(num_in_stock=1000)
        calls = [
            {"name": "buy", "buyer": at, "variants": [record.variant_id], "times": 10}
            for at in range(4)
        ] + [{"name": "verify", "times": 20}] * 2
        outcomes = race("tests.orders.racers.act", calls)
        self.assertEqual([outcome.error for outcome in outcomes], [None] * 6)
        self.assertEqual([outcome.value for outcome in outcomes[4:]], [0, 0])
        self.assertEqual(verify_stock(), [])
