import io
from datetime import timedelta
from decimal import Decimal

from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone

from custom.models import OutboxMessage
from payments.models import Payment, Refund
from payments.services import cancel_payments, refund_payments
from tests.payments.calls import AMOUNT, deliver, fresh, new_payment, paid


class ReconcileTests(TestCase):
    """manage.py payments reconcile"""

    def reconcile(self, *options: str) -> str:
        report = io.StringIO()
        call_command("payments", "reconcile", *options, stdout=report)
        return report.getvalue()

    def failing(self) -> str:
        """Return what is reported, if the command fails as it should."""
        report = io.StringIO()
        with self.assertRaises(CommandError):
            call_command("payments", "reconcile", stdout=report)
        return report.getvalue()

    def test_all_is_well(self) -> None:
        new_payment("invoice")
        new_payment()
        paid()
        paid(token="authorize")
        paid(token="decline")
        refunded = paid()
        refund_payments(
            order=refunded.order, amount=Decimal(10), reason="", source="return:1"
        )
        deliver()
        cancel_payments(paid(token="action").order)
        self.assertEqual(self.reconcile(), "Every payment is as its provider has it.\n")

    def test_a_lost_answer_is_found_and_repaired(self) -> None:
        payment = paid(token="timeout")
        found = self.failing()
        self.assertEqual(
            found,
            f"{payment}: pending, but captured at the provider\n"
            f"{payment}: captured 0.00, there 100.00\n",
        )
        self.assertEqual(fresh(payment).status, "pending")
        self.assertTrue(self.reconcile("--repair").startswith(found))
        self.assertEqual(fresh(payment).captured_amount, AMOUNT)
        self.assertIn("as its provider has it", self.reconcile())

    def test_what_is_reserved_for_nobody_is_let_go(self) -> None:
        payment = paid(token="authorize")
        cancel_payments(payment.order)
        OutboxMessage.objects.all().delete()  # as if it had been parked
        self.assertIn("cancelled, but authorized at the provider", self.failing())
        self.reconcile("--repair")
        self.assertEqual(deliver("payment.void"), 1)
        self.assertIn("as its provider has it", self.reconcile())

    def test_a_refund_that_never_left_is_sent_again(self) -> None:
        payment = paid()
        (refund,) = refund_payments(
            order=payment.order, amount=Decimal(10), reason="", source="return:1"
        )
        OutboxMessage.objects.all().delete()
        self.assertIn("as its provider has it", self.reconcile())  # it is on its way
        Refund.objects.update(created_at=timezone.now() - timedelta(hours=6))
        self.assertIn(f"the refund {refund.public_id} never left", self.failing())
        self.reconcile("--repair")
        self.assertEqual(deliver("payment.refund"), 1)
        self.assertEqual(fresh(payment).refunded_amount, 10)

    def test_counters_are_the_sums_of_events(self) -> None:
        payment = new_payment("invoice")
        Payment.objects.update(captured_amount=5)
        self.assertEqual(self.failing(), f"{payment}: captured 5.00, its events 0.00\n")

    def test_money_that_no_order_needs_is_named(self) -> None:
        payment = paid()
        Payment.objects.update(wanted_order=None)
        self.assertIn("holds 100.00 that no order needs", self.failing())
        self.assertEqual(fresh(payment).refundable_amount, AMOUNT)

    def test_old_settled_payments_are_left_alone(self) -> None:
        payment = paid()
        cache.delete(f"dummy-payment:{payment.key}")
        self.assertIn("there 0.00", self.failing())
        Payment.objects.update(created_at=timezone.now() - timedelta(days=8))
        self.assertIn("as its provider has it", self.reconcile())
        with self.assertRaises(CommandError):
            self.reconcile("--days", "9")
