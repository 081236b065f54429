from decimal import Decimal

from django.test import TestCase

from orders.models import Order
from orders.services import cancel_order, deliver_shipment, return_lines
from payments.models import Payment, Refund
from payments.selectors import money_of
from payments.services import record_receipt, start_payment
from tests.orders.factories import make_offer
from tests.orders.stories import (
    STAFF,
    delivered,
    placed,
    receive,
    run_outbox,
    say_captured,
    ship_all,
)
from tests.users.factories import UserFactory

PROVIDERS = ("dummy", "invoice", "cash_on_delivery")
LEFT = Decimal("29.70")  # what the three cheap units cost


class OwedTests(TestCase):
    """What is asked for once a part was taken back before it was paid"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.cheap = make_offer(num_in_stock=50, price="9.90")
        partner = cls.cheap.partner
        cls.dear = make_offer(num_in_stock=50, price="20.00", partner=partner)
        cls.finance = UserFactory()

    def place(self, provider: str) -> Order:
        return placed((self.cheap, 3), (self.dear, 1), provider=provider)

    def drop_dear(self, order: Order) -> None:
        line = order.lines.get(stock_record_id=self.dear.pk)
        cancel_order(order.pk, actor=STAFF, quantities={line.pk: 1})

    def wanted(self, order: Order) -> Payment:
        return Payment.objects.get(wanted_order=order.public_id)

    def assert_settled(self, order: Order, *, refunds: int = 0) -> None:
        """The order has what it is owed, and so many refunds were needed."""
        run_outbox()
        order.refresh_from_db()
        money = money_of([order.public_id])[order.public_id]
        self.assertEqual(money.captured - money.refunded, order.owed_amount)
        self.assertEqual(order.paid_amount - order.refunded_amount, order.owed_amount)
        self.assertEqual(Refund.objects.of_orders([order.public_id]).count(), refunds)
        self.assertEqual(order.payment_status, "partly_refunded" if refunds else "paid")

    def test_the_payment_asks_for_what_is_owed(self) -> None:
        for provider in PROVIDERS:
            with self.subTest(provider):
                order = self.place(provider)
                self.drop_dear(order)
                wanted = self.wanted(order)
                self.assertEqual(
                    (wanted.provider, wanted.amount, wanted.status),
                    (provider, LEFT, "pending"),
                )
                money = money_of([order.public_id])[order.public_id]
                self.assertEqual(money.pending, LEFT)
                order.refresh_from_db()
                self.assertEqual(order.payment_status, "pending")
                self.assertEqual(order.expires_at is None, provider != "dummy")

    def test_what_is_paid_then_is_enough(self) -> None:
        for provider in PROVIDERS:
            with self.subTest(provider):
                order = self.place(provider)
                self.drop_dear(order)
                receive(order)
                self.assert_settled(order)
                self.assertEqual(order.paid_amount, LEFT)

    def test_a_provider_that_was_asked_is_asked_anew(self) -> None:
        order = self.place("dummy")
        old = self.wanted(order)
        start_payment(old.public_id, token="action")
        self.drop_dear(order)
        run_outbox()
        old.refresh_from_db()
        self.assertEqual(old.status, "cancelled")
        start_payment(self.wanted(order).public_id)
        self.assert_settled(order)
        self.assertEqual(order.paid_amount, LEFT)

    def test_the_old_amount_that_was_taken_goes_back_in_part(self) -> None:
        order = self.place("dummy")
        start_payment(self.wanted(order).public_id, token="timeout")
        self.drop_dear(order)
        self.assert_settled(order, refunds=1)
        self.assertEqual(order.paid_amount, order.total_amount)

    def test_a_refused_card_may_be_tried_again_for_less(self) -> None:
        order = self.place("dummy")
        start_payment(self.wanted(order).public_id, token="decline")
        run_outbox()
        self.drop_dear(order)
        start_payment(self.wanted(order).public_id)
        self.assert_settled(order)

    def test_less_of_what_is_reserved_is_captured(self) -> None:
        order = self.place("dummy")
        start_payment(self.wanted(order).public_id, token="authorize")
        run_outbox()
        self.drop_dear(order)
        order.refresh_from_db()
        self.assertEqual(order.payment_status, "authorized")
        ship_all(order)
        self.assert_settled(order)
        self.assertEqual(order.paid_amount, LEFT)

    def test_cash_is_collected_for_what_is_kept(self) -> None:
        order = self.place("cash_on_delivery")
        self.drop_dear(order)
        for shipment in ship_all(order):
            deliver_shipment(shipment.public_id, actor=STAFF)
        self.assert_settled(order)
        self.assertEqual(order.paid_amount, LEFT)

    def test_a_transfer_of_the_old_amount_can_be_noted(self) -> None:
        order = self.place("invoice")
        old = self.wanted(order)
        self.drop_dear(order)
        record_receipt(old.public_id, actor=self.finance)
        self.assertEqual(self.wanted(order), old)
        self.assert_owes_back(order, Decimal("20.00"))

    def test_parts_that_have_come_stay_with_their_payment(self) -> None:
        order = self.place("invoice")
        wanted = self.wanted(order)
        record_receipt(wanted.public_id, actor=self.finance, amount=Decimal("10.00"))
        self.drop_dear(order)
        self.assertEqual(
            (self.wanted(order), self.wanted(order).amount), (wanted, LEFT)
        )
        record_receipt(wanted.public_id, actor=self.finance)
        self.assert_settled(order)

    def test_parts_that_are_more_than_enough(self) -> None:
        order = self.place("invoice")
        part = Decimal("40.00")
        record_receipt(self.wanted(order).public_id, actor=self.finance, amount=part)
        self.drop_dear(order)
        wanted = self.wanted(order)
        self.assertEqual((wanted.amount, wanted.status), (part, "paid"))
        self.assert_owes_back(order, part - LEFT)

    def assert_owes_back(self, order: Order, amount: Decimal) -> None:
        """What goes back by hand waits for finance."""
        run_outbox()
        refund = Refund.objects.of_orders([order.public_id]).get()
        self.assertEqual((refund.amount, refund.status), (amount, "pending"))
        order.refresh_from_db()
        self.assertEqual(order.paid_amount - order.refunded_amount, order.owed_amount)

    def test_what_comes_back_unpaid_is_not_asked_for(self) -> None:
        order = delivered((self.cheap, 3), (self.dear, 1), provider="invoice")
        line = order.lines.get(stock_record_id=self.dear.pk)
        return_lines(order.pk, actor=STAFF, quantities={line.pk: 1})
        self.assertEqual(self.wanted(order).amount, LEFT)
        return_lines(order.pk, actor=STAFF)
        self.assertFalse(Payment.objects.filter(wanted_order__isnull=False).exists())
        say_captured(order)  # the buyer pays the invoice all the same
        self.assert_owes_back(order, LEFT)

    def test_what_is_free_waits_for_nothing(self) -> None:
        free = make_offer(num_in_stock=5, price="0.00")
        order = placed((free, 1), (self.dear, 1))
        self.drop_dear(order)
        order.refresh_from_db()
        self.assertEqual((order.payment_status, order.expires_at), ("paid", None))
        self.assertEqual(order.status, "confirmed")
        self.assertEqual(Payment.objects.get().status, "cancelled")
        cancel_order(order.pk, actor=STAFF)
        order.refresh_from_db()
        self.assertEqual((order.status, order.payment_status), ("cancelled", "paid"))

    def test_what_cost_nothing_can_be_cancelled(self) -> None:
        order = placed((make_offer(num_in_stock=5, price="0.00"), 1))
        cancel_order(order.pk, actor=STAFF)
        order.refresh_from_db()
        self.assertEqual((order.status, order.payment_status), ("cancelled", "paid"))
        self.assertEqual(Refund.objects.count(), 0)
