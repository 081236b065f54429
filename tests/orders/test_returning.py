from datetime import timedelta
from decimal import Decimal

import time_machine
from django.test import TestCase, override_settings
from django.utils import timezone

from orders.errors import (
    QuantityError,
    ReturnWindowClosedError,
    TransitionNotAllowedError,
)
from orders.models import Order
from orders.services import return_lines
from partner.models import StockLevel
from payments.models import Refund
from tests.orders.factories import make_offer
from tests.orders.stories import (
    CUSTOMER,
    HEARD,
    STAFF,
    delivered,
    placed,
    receive,
    ship_all,
    told,
)


@override_settings(OUTBOX_HANDLERS=HEARD)
class ReturnLinesTests(TestCase):
    """orders.services.return_lines"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=5, price="9.90")
        cls.dear = make_offer(num_in_stock=5, price="20.00")

    def setUp(self) -> None:
        self.order = delivered((self.record, 3), (self.dear, 1))
        self.line, self.other = self.order.lines.order_by("position")

    def read(self) -> Order:
        self.order.refresh_from_db()
        return self.order

    def test_all_of_an_unpaid_invoice(self) -> None:
        order = delivered((self.record, 1), provider="invoice")
        return_lines(order.pk, actor=CUSTOMER)
        order.refresh_from_db()
        self.assertEqual((order.status, order.payment_status), ("returned", "pending"))
        self.assertFalse(Refund.objects.exists())
        paid = [payload["order"] for payload in told("order.paid")]
        self.assertEqual(paid, [str(self.order.public_id)])

    def test_all_of_it(self) -> None:
        event = return_lines(self.order.pk, actor=CUSTOMER, reason="Dull")
        order = self.read()
        self.assertEqual(
            (order.status, order.payment_status, order.fulfilment_status),
            ("returned", "refunded", "returned"),
        )
        self.assertEqual(order.credited_amount, order.total_amount)
        self.assertEqual(Refund.objects.get().amount, order.total_amount)
        levels = StockLevel.objects.order_by("pk")
        self.assertEqual(
            list(levels.values_list("num_in_stock", "num_allocated")), [(5, 0), (5, 0)]
        )
        self.assertEqual((event.type, event.detail["reason"]), ("returned", "Dull"))
        self.assertEqual(event.detail["amount"], "49.70")
        ids = {"order": str(order.public_id), "event": str(event.public_id)}
        self.assertEqual(told("order.returned"), [ids])

    def test_units_one_by_one(self) -> None:
        for number in (1, 2, 3):
            return_lines(self.order.pk, actor=CUSTOMER, quantities={self.line.pk: 1})
            self.line.refresh_from_db()
            self.assertEqual(self.line.returned_quantity, number)
        order = self.read()
        self.assertEqual(
            (order.status, order.payment_status, order.fulfilment_status),
            ("completed", "partly_refunded", "delivered"),
        )
        self.assertEqual(order.credited_amount, self.line.line_total)
        amounts = sorted(Refund.objects.values_list("amount", flat=True))
        self.assertEqual(amounts, [Decimal("9.90")] * 3)
        self.assertEqual(len(told("order.refunded")), 3)

    def test_more_than_was_shipped(self) -> None:
        return_lines(self.order.pk, actor=CUSTOMER, quantities={self.line.pk: 2})
        with self.assertRaises(QuantityError) as caught:
            return_lines(self.order.pk, actor=CUSTOMER, quantities={self.line.pk: 2})
        (fault,) = caught.exception.extra["errors"]
        self.assertEqual((fault["requested"], fault["available"]), (2, 1))
        self.assertEqual(self.read().credited_amount, Decimal("19.80"))
        self.assertEqual(Refund.objects.count(), 1)

    @override_settings(SHOP_RETURN_DAYS=14)
    def test_a_customer_has_so_many_days(self) -> None:
        version = self.order.version
        until = self.order.delivered_at + timedelta(days=14)
        with time_machine.travel(until + timedelta(seconds=1), tick=False):
            with self.assertRaises(ReturnWindowClosedError) as caught:
                return_lines(self.order.pk, actor=CUSTOMER)
            self.assertEqual(
                caught.exception.extra,
                {"returnable_until": until.strftime("%Y-%m-%dT%H:%M:%SZ")},
            )
            self.assertEqual(self.read().version, version)
            return_lines(self.order.pk, actor=STAFF)
        self.assertEqual(self.read().status, "returned")

    @override_settings(SHOP_RETURN_DAYS=14)
    def test_the_last_moment_counts(self) -> None:
        until = self.order.delivered_at + timedelta(days=14)
        with time_machine.travel(until - timedelta(seconds=1), tick=False):
            return_lines(self.order.pk, actor=CUSTOMER)
        self.assertEqual(self.read().status, "returned")

    def test_what_is_under_way_comes_back_at_the_word_of_staff(self) -> None:
        order = receive(placed((self.record, 1)))
        ship_all(order)
        with self.assertRaises(TransitionNotAllowedError):
            return_lines(order.pk, actor=CUSTOMER)
        return_lines(order.pk, actor=STAFF)
        order.refresh_from_db()
        self.assertEqual((order.status, order.payment_status), ("returned", "refunded"))

    def test_an_unpaid_order_owes_less(self) -> None:
        order = delivered((self.record, 2), provider="invoice")
        return_lines(order.pk, actor=CUSTOMER, quantities={order.lines.get().pk: 1})
        order.refresh_from_db()
        self.assertEqual(order.owed_amount, Decimal("9.90"))
        self.assertEqual(Refund.objects.count(), 0)
        receive(order, Decimal("9.90"))
        order.refresh_from_db()
        self.assertEqual((order.status, order.payment_status), ("completed", "paid"))

    def test_nothing_was_delivered(self) -> None:
        order = receive(placed((self.record, 1)))
        for actor in (CUSTOMER, STAFF):
            with self.assertRaises(TransitionNotAllowedError):
                return_lines(order.pk, actor=actor)
        order.refresh_from_db()
        self.assertEqual(order.credited_amount, 0)
        self.assertLess(order.placed_at, timezone.now())
