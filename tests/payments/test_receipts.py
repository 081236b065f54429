from decimal import Decimal

from django.test import TestCase

from payments.errors import UnlawfulStepError
from payments.models import Payment, Refund
from payments.selectors import money_of
from payments.services import (
    cancel_payments,
    record_receipt,
    record_repayment,
    refund_payments,
    repeat_refund,
)
from tests.payments.calls import AMOUNT, deliver, fresh, kinds, new_payment, paid
from tests.users.factories import UserFactory
from users.models import User


class ReceiptTests(TestCase):
    """Money that staff have seen come in"""

    finance: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.finance = UserFactory(is_staff=True)

    def receive(self, payment: Payment, amount: str | None = None) -> Payment:
        wanted = None if amount is None else Decimal(amount)
        return record_receipt(
            payment.public_id, actor=self.finance, amount=wanted, note="bank 17"
        )

    def test_all_of_it(self) -> None:
        payment = self.receive(new_payment("invoice"))
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        (event,) = payment.events.all()
        self.assertEqual((event.actor, event.note), (self.finance, "bank 17"))
        self.assertEqual(event.captured_delta, AMOUNT)

    def test_parts_add_up(self) -> None:
        payment = self.receive(new_payment("invoice"), "40")
        self.assertEqual(payment.status, "pending")
        state = money_of([payment.order])[payment.order]
        self.assertEqual((state.captured, state.pending), (40, 60))
        payment = self.receive(payment)
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        self.assertEqual(kinds(payment), ["captured", "captured"])

    def test_more_than_was_missing_is_refused(self) -> None:
        payment = new_payment("cash_on_delivery")
        for amount in ("100.01", "0", "-1"):
            with self.subTest(amount), self.assertRaises(UnlawfulStepError):
                self.receive(payment, amount)
        self.receive(payment)
        with self.assertRaises(UnlawfulStepError):
            self.receive(payment)
        self.assertEqual(kinds(payment), ["captured"])

    def test_providers_know_better(self) -> None:
        payment = new_payment("dummy")
        with self.assertRaises(UnlawfulStepError):
            self.receive(payment)
        self.assertEqual(fresh(payment).captured_amount, 0)

    def test_money_for_a_cancelled_order_is_to_go_back(self) -> None:
        payment = new_payment("invoice")
        cancel_payments(payment.order)
        payment = self.receive(payment)
        (refund,) = Refund.objects.all()
        self.assertEqual((refund.amount, refund.status), (AMOUNT, "pending"))
        deliver("payment.refund")
        record_repayment(refund.public_id, actor=self.finance)
        self.assertEqual(fresh(payment).status, "refunded")


class RepaymentTests(TestCase):
    """Refunds that staff pay out, or try again"""

    finance: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.finance = UserFactory(is_staff=True)

    def refund(self, payment: Payment) -> Refund:
        (refund,) = refund_payments(
            order=payment.order, amount=Decimal(30), reason="", source="return:1"
        )
        return refund

    def test_a_refund_by_transfer_waits_for_staff(self) -> None:
        payment = new_payment("invoice")
        record_receipt(payment.public_id, actor=self.finance)
        refund = self.refund(payment)
        self.assertEqual(deliver("payment.refund"), 1)
        self.assertEqual(fresh(payment).refunding_amount, 30)
        now = record_repayment(refund.public_id, actor=self.finance, note="sent")
        self.assertEqual((now.status, now.refunded_amount), ("partly_refunded", 30))
        with self.assertRaises(UnlawfulStepError):
            record_repayment(refund.public_id, actor=self.finance)
        self.assertEqual(payment.events.last().actor, self.finance)

    def test_providers_pay_by_themselves(self) -> None:
        refund = self.refund(paid())
        with self.assertRaises(UnlawfulStepError):
            record_repayment(refund.public_id, actor=self.finance)

    def test_a_failed_refund_is_repeated_once(self) -> None:
        payment = paid()
        refund = self.refund(payment)
        with self.assertRaises(UnlawfulStepError):
            repeat_refund(refund.public_id, actor=self.finance)
        Refund.objects.update(status="failed")
        Payment.objects.update(refunding_amount=0)
        again = repeat_refund(refund.public_id, actor=self.finance)
        self.assertEqual(again.amount, 30)
        with self.assertRaises(UnlawfulStepError):
            repeat_refund(refund.public_id, actor=self.finance)
        deliver("payment.refund")
        self.assertEqual(fresh(payment).refunded_amount, 30)
