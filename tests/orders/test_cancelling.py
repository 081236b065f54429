from decimal import Decimal

from django.test import TestCase, override_settings
from django.utils import timezone

from orders.errors import (
    QuantityError,
    TransitionNotAllowedError,
    UnknownLineError,
)
from orders.models import Order, OrderLine
from orders.services import (
    cancel_order,
    expire_orders,
    follow_payments,
    ship_lines,
)
from partner.models import StockLevel, StockMovement
from payments.models import Payment, Refund
from payments.services import start_payment
from tests.orders.factories import OrderLineFactory, make_offer
from tests.orders.stories import (
    CUSTOMER,
    HEARD,
    STAFF,
    placed,
    receive,
    run_outbox,
    say_authorized,
    say_captured,
    ship_all,
    told,
)


@override_settings(OUTBOX_HANDLERS=HEARD)
class CancelOrderTests(TestCase):
    """orders.services.cancel_order"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=5, price="9.90")
        cls.dear = make_offer(num_in_stock=5, price="20.00")

    def setUp(self) -> None:
        self.order = placed((self.record, 3), (self.dear, 1))
        self.line, self.other = self.order.lines.order_by("position")

    def read(self) -> Order:
        self.order.refresh_from_db()
        return self.order

    def assert_untouched(self, version: int = 1) -> None:
        self.assertEqual(self.read().version, version)
        self.assertEqual(self.order.credited_amount, 0)
        self.assertEqual(OrderLine.objects.filter(cancelled_quantity__gt=0).count(), 0)
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_allocated, 3)
        self.assertEqual(Refund.objects.count(), 0)

    def test_all_of_an_unpaid_order(self) -> None:
        event = cancel_order(self.order.pk, actor=CUSTOMER, reason="Too dear")
        order = self.read()
        self.assertEqual(
            (order.status, order.payment_status, order.fulfilment_status),
            ("cancelled", "pending", "unfulfilled"),
        )
        self.assertEqual((order.version, order.expires_at), (2, None))
        self.assertEqual(order.credited_amount, order.total_amount)
        self.assertIsNotNone(order.cancelled_at)
        levels = StockLevel.objects.order_by("pk")
        self.assertEqual(
            list(levels.values_list("num_in_stock", "num_allocated")), [(5, 0), (5, 0)]
        )
        self.assertEqual(
            event.detail,
            {
                "reason": "Too dear",
                "amount": "49.70",
                "lines": [
                    {"line": self.line.pk, "sku": self.line.sku, "quantity": 3},
                    {"line": self.other.pk, "sku": self.other.sku, "quantity": 1},
                ],
            },
        )
        ids = {"order": str(order.public_id), "event": str(event.public_id)}
        self.assertEqual(told("order.cancelled"), [ids])
        self.assertEqual(Payment.objects.get().status, "cancelled")
        self.assertEqual(Refund.objects.count(), 0)

    def test_money_goes_back_where_it_came_from(self) -> None:
        receive(self.order)
        cancel_order(self.order.pk, actor=CUSTOMER, reason="Too dear")
        order = self.read()
        self.assertEqual(
            (order.status, order.payment_status), ("cancelled", "refunded")
        )
        refund = Refund.objects.get()
        self.assertEqual(refund.amount, order.total_amount)
        self.assertEqual(refund.reason, "Too dear")
        self.assertEqual(order.paid_amount, order.refunded_amount)
        self.assertEqual(len(told("order.refunded")), 1)

    def test_money_that_is_reserved_is_let_go(self) -> None:
        say_authorized(self.order)
        cancel_order(self.order.pk, actor=CUSTOMER)
        self.assertEqual(self.read().payment_status, "pending")
        self.assertEqual(Payment.objects.get().status, "cancelled")

    def test_units_of_a_line(self) -> None:
        receive(self.order)
        cancel_order(self.order.pk, actor=CUSTOMER, quantities={self.line.pk: 2})
        order = self.read()
        self.assertEqual(
            (order.status, order.payment_status), ("confirmed", "partly_refunded")
        )
        self.assertEqual(order.credited_amount, Decimal("19.80"))
        self.line.refresh_from_db()
        self.assertEqual(
            (self.line.cancelled_quantity, self.line.open_quantity), (2, 1)
        )
        self.assertEqual(StockLevel.objects.get(pk=self.record.pk).num_allocated, 1)
        self.assertEqual(Refund.objects.get().amount, Decimal("19.80"))
        self.assertEqual(len(told("order.cancelled")), 1)

    def test_the_last_part_cancels_the_order(self) -> None:
        receive(self.order)
        cancel_order(self.order.pk, actor=CUSTOMER, quantities={self.line.pk: 3})
        self.assertEqual(self.read().status, "confirmed")
        cancel_order(self.order.pk, actor=CUSTOMER, quantities={self.other.pk: 1})
        self.assertEqual(self.read().status, "cancelled")
        self.assertEqual(self.order.credited_amount, self.order.total_amount)
        paid_back = sum(Refund.objects.values_list("amount", flat=True))
        self.assertEqual(paid_back, self.order.total_amount)

    def test_what_is_shipped_stays(self) -> None:
        receive(self.order)
        ship_lines(self.order.pk, actor=STAFF, quantities={self.line.pk: 3})
        with self.assertRaises(TransitionNotAllowedError) as caught:
            cancel_order(self.order.pk, actor=CUSTOMER)
        self.assertEqual(caught.exception.extra["allowed"], [])
        cancel_order(self.order.pk, actor=STAFF)
        order = self.read()
        self.assertEqual(
            (order.status, order.fulfilment_status), ("confirmed", "shipped")
        )
        self.assertEqual(order.credited_amount, Decimal("20.00"))
        self.assertIsNone(order.cancelled_at)

    def test_nothing_is_left_to_cancel(self) -> None:
        receive(self.order)
        ship_all(self.order)
        with self.assertRaises(TransitionNotAllowedError):
            cancel_order(self.order.pk, actor=STAFF)
        self.assertEqual(self.read().credited_amount, 0)

    def test_twice(self) -> None:
        cancel_order(self.order.pk, actor=CUSTOMER)
        with self.assertRaises(TransitionNotAllowedError) as caught:
            cancel_order(self.order.pk, actor=CUSTOMER)
        self.assertEqual(
            caught.exception.detail,
            "This is not possible now: the order is cancelled.",
        )
        self.assertEqual(self.read().version, 2)

    def test_more_than_there_is(self) -> None:
        with self.assertRaises(QuantityError):
            cancel_order(self.order.pk, actor=CUSTOMER, quantities={self.line.pk: 4})
        self.assert_untouched()

    def test_a_line_of_another_order(self) -> None:
        foreign = OrderLineFactory()
        with self.assertRaises(UnknownLineError):
            cancel_order(
                self.order.pk,
                actor=STAFF,
                quantities={self.line.pk: 1, foreign.pk: 1},
            )
        self.assert_untouched()

    def test_stock_is_the_last_table_written(self) -> None:
        with self.assertNumQueries(20) as captured:
            cancel_order(self.order.pk, actor=CUSTOMER)
        writes = [
            query["sql"]
            for query in captured.captured_queries
            if query["sql"].startswith(("INSERT", "UPDATE"))
        ]
        stock = [
            at for at, sql in enumerate(writes) if "UPDATE `partner_stocklevel`" in sql
        ]
        self.assertEqual(len(stock), 1)
        after = " ".join(writes[stock[0] + 1 :])
        self.assertNotIn("orders_", after)
        self.assertNotIn("payments_", after)
        locks = [
            query["sql"]
            for query in captured.captured_queries
            if query["sql"].endswith("FOR UPDATE")
        ]
        self.assertIn("FROM `orders_order`", locks[0])


@override_settings(OUTBOX_HANDLERS=HEARD, SHOP_UNPAID_MINUTES=0)
class ExpireOrdersTests(TestCase):
    """orders.services.expire_orders"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.record = make_offer(num_in_stock=9)

    def test_unpaid_orders_give_their_stock_back(self) -> None:
        for _ in range(2):
            placed((self.record, 2))
        self.assertEqual(expire_orders(), 2)
        for order in Order.objects.all():
            self.assertEqual(order.status, "cancelled")
            event = order.events.latest("pk")
            self.assertEqual((event.type, event.role), ("expired", "system"))
        self.assertEqual(StockLevel.objects.get().num_allocated, 0)
        self.assertEqual(
            set(Payment.objects.values_list("status", flat=True)), {"cancelled"}
        )
        released = StockMovement.objects.filter(reason="released")
        self.assertEqual(released.count(), 2)
        self.assertEqual(expire_orders(), 0)
        self.assertEqual(len(told("order.cancelled")), 2)

    def test_what_may_wait_waits(self) -> None:
        placed((self.record, 1), provider="invoice")
        receive(placed((self.record, 1)))
        say_authorized(placed((self.record, 1)))
        with self.settings(SHOP_UNPAID_MINUTES=60):
            placed((self.record, 1))
        self.assertEqual(expire_orders(), 0)
        self.assertEqual(Order.objects.filter(status="cancelled").count(), 0)

    def test_an_order_without_a_payment_expires(self) -> None:
        placed((self.record, 1), provider="")
        self.assertEqual(expire_orders(), 1)

    def test_money_the_order_has_not_heard_of_keeps_it(self) -> None:
        order = placed((self.record, 1))
        say_captured(order)
        self.assertEqual(expire_orders(), 0)
        follow_payments(order.public_id)
        order.refresh_from_db()
        self.assertEqual((order.status, order.expires_at), ("confirmed", None))

    def test_money_that_comes_too_late_goes_back(self) -> None:
        order = placed((self.record, 1))
        payment = Payment.objects.get()
        start_payment(payment.public_id, token="timeout")
        expire_orders()
        run_outbox()
        order.refresh_from_db()
        self.assertEqual(
            (order.status, order.payment_status), ("cancelled", "refunded")
        )
        refund = Refund.objects.get()
        self.assertEqual(
            (refund.amount, refund.status), (order.total_amount, "succeeded")
        )
        self.assertEqual(told("order.paid"), [])

    def test_a_refund_that_fails_is_not_tried_for_ever(self) -> None:
        order = receive(placed((self.record, 1)))  # the provider knows nothing of it
        cancel_order(order.pk, actor=CUSTOMER)
        run_outbox()
        order.refresh_from_db()
        self.assertEqual(Refund.objects.get().status, "failed")
        self.assertEqual((order.status, order.payment_status), ("cancelled", "paid"))
        self.assertEqual(len(told("order.paid")), 1)

    def test_one_that_is_stuck_does_not_stop_the_others(self) -> None:
        stuck = placed((self.record, 1))
        say_captured(stuck)
        placed((self.record, 1))
        self.assertLess(stuck.expires_at, timezone.now())
        self.assertEqual(expire_orders(), 1)
