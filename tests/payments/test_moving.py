from decimal import Decimal

from django.db import IntegrityError, transaction
from django.test import TestCase

from custom.ids import new_public_id
from payments.errors import RefundTooLargeError
from payments.models import Payment, Refund
from payments.selectors import money_of
from payments.services import (
    cancel_payments,
    capture_payments,
    refund_payments,
    replace_payment,
)
from tests.payments.calls import AMOUNT, deliver, fresh, kinds, new_payment, paid, start


class CaptureTests(TestCase):
    """capture_payments"""

    def test_what_is_reserved_is_taken_later(self) -> None:
        payment = paid(token="authorize")
        self.assertEqual(payment.status, "authorized")
        self.assertEqual(money_of([payment.order])[payment.order].authorized, AMOUNT)
        capture_payments(payment.order)
        self.assertEqual(fresh(payment).status, "authorized")
        self.assertEqual(deliver("payment.capture"), 1)
        payment = fresh(payment)
        self.assertEqual(payment.status, "paid")
        self.assertEqual(payment.captured_amount, AMOUNT)
        self.assertEqual(kinds(payment), ["authorized", "captured"])

    def test_a_part_may_be_taken(self) -> None:
        payment = paid(token="authorize")
        capture_payments(payment.order, amount=Decimal("40.00"))
        capture_payments(payment.order, amount=Decimal("40.00"))
        deliver("payment.capture")
        self.assertEqual(fresh(payment).captured_amount, Decimal("40.00"))
        self.assertEqual(kinds(payment), ["authorized", "captured"])

    def test_cash_is_taken_at_delivery_alone(self) -> None:
        cash, invoice = new_payment("cash_on_delivery"), new_payment("invoice")
        for payment in (cash, invoice):
            capture_payments(payment.order)
            self.assertEqual(fresh(payment).captured_amount, 0)
            capture_payments(payment.order, delivered=True)
        self.assertEqual(fresh(cash).status, "paid")
        self.assertEqual(fresh(invoice).status, "pending")

    def test_less_cash_may_be_taken(self) -> None:
        cash = new_payment("cash_on_delivery")
        capture_payments(cash.order, amount=Decimal("40.00"), delivered=True)
        cash = fresh(cash)
        self.assertEqual((cash.status, cash.captured_amount), ("paid", 40))

    def test_nothing_is_reserved_nothing_happens(self) -> None:
        payment = paid()
        capture_payments(payment.order)
        capture_payments(new_public_id())
        self.assertEqual(deliver("payment.capture"), 0)


class CancelTests(TestCase):
    """cancel_payments"""

    def test_what_is_reserved_is_let_go(self) -> None:
        payment = paid(token="authorize")
        cancel_payments(payment.order)
        self.assertEqual(fresh(payment).status, "cancelled")
        self.assertEqual(deliver("payment.void"), 1)
        state = money_of([payment.order])[payment.order]
        self.assertEqual((state.authorized, state.captured), (0, 0))
        self.assertEqual(kinds(payment), ["authorized", "cancelled"])

    def test_what_never_started_needs_no_provider(self) -> None:
        payment = new_payment()
        cancel_payments(payment.order)
        self.assertEqual(deliver("payment.void"), 0)
        self.assertEqual(fresh(payment).status, "cancelled")

    def test_what_was_received_stays(self) -> None:
        payment = paid()
        cancel_payments(payment.order)
        self.assertEqual(fresh(payment).status, "paid")
        self.assertEqual(money_of([payment.order])[payment.order].captured, AMOUNT)


class RefundTests(TestCase):
    """refund_payments"""

    def refund(self, payment: Payment, amount: str, source: str) -> list[Refund]:
        return refund_payments(
            order=payment.order, amount=Decimal(amount), reason="broken", source=source
        )

    def test_several_parts_go_back(self) -> None:
        payment = paid()
        for part, left, status in (
            ("30.00", "70.00", "partly_refunded"),
            ("30.00", "40.00", "partly_refunded"),
            ("40.00", "0.00", "refunded"),
        ):
            (refund,) = self.refund(payment, part, f"{left}")
            state = money_of([payment.order])[payment.order]
            self.assertEqual(state.refunding, Decimal(part))
            self.assertEqual(state.refundable, Decimal(left))
            deliver("payment.refund")
            refund.refresh_from_db()
            self.assertEqual(refund.status, "succeeded")
            self.assertEqual(refund.reference, f"dummy-{refund.key}")
            self.assertEqual(fresh(payment).status, status)
        self.assertEqual(fresh(payment).refunded_amount, AMOUNT)
        self.assertEqual(
            kinds(payment), ["captured", *["refund_requested", "refunded"] * 3]
        )

    def test_one_cause_pays_back_once(self) -> None:
        payment = paid()
        first = self.refund(payment, "60.00", "return:1")
        again = self.refund(payment, "60.00", "return:1")
        self.assertEqual(again, first)
        self.assertEqual(deliver("payment.refund"), 1)
        self.assertEqual(fresh(payment).refunded_amount, Decimal("60.00"))

    def test_never_more_than_was_received(self) -> None:
        payment = paid()
        self.refund(payment, "60.00", "return:1")
        for amount in ("40.01", "100", "0", "-1"):
            with (
                self.subTest(amount),
                self.assertRaises(RefundTooLargeError) as caught,
            ):
                self.refund(payment, amount, "return:2")
            self.assertEqual(caught.exception.extra, {"refundable_amount": "40.00"})
        self.assertEqual(Refund.objects.count(), 1)
        self.assertEqual(deliver("payment.refund"), 1)
        with self.assertRaises(RefundTooLargeError):
            self.refund(Payment(order=new_public_id()), "1.00", "return:3")

    def test_what_was_not_received_is_not_paid_back(self) -> None:
        for payment in (new_payment(), paid(token="authorize"), new_payment("invoice")):
            with self.assertRaises(RefundTooLargeError):
                self.refund(payment, "0.01", "return:1")

    def test_the_newest_payment_pays_back_first(self) -> None:
        old = paid(token="timeout")
        replace_payment(
            order=old.order, provider="invoice", amount=AMOUNT, currency="EUR"
        )
        new = replace_payment(
            order=old.order, provider="dummy", amount=AMOUNT, currency="EUR"
        )
        start(new)
        (refund,) = self.refund(new, "10.00", "return:1")
        self.assertEqual(refund.payment_id, new.pk)

    def test_the_database_refuses_what_no_service_would_write(self) -> None:
        payment = paid()
        for amounts in (
            {"refunded_amount": Decimal("100.01")},
            {"refunding_amount": Decimal("100.01")},
            {"captured_amount": Decimal("100.01")},
            {"refunded_amount": Decimal(-1)},
        ):
            with (
                self.subTest(amounts),
                self.assertRaises(IntegrityError),
                transaction.atomic(),  # noqa: TID251 - so that the test may go on
            ):
                Payment.objects.filter(pk=payment.pk).update(**amounts)
