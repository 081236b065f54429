from datetime import timedelta
from unittest import mock

import time_machine
from django.test import TestCase
from django.utils import timezone

from payments.models import Payment
from payments.providers.dummy import DummyProvider
from payments.services import sweep_payments
from tests.payments.calls import AMOUNT, fresh, kinds, new_payment, paid
from tests.payments.stripes import faulty_stripe, stripe_settings


class SweepTests(TestCase):
    """payments.services.sweep_payments"""

    def test_a_lost_answer_is_fetched(self) -> None:
        payment = paid(token="timeout")
        self.assertEqual(sweep_payments(), 0)  # its start may still be under way
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            self.assertEqual(sweep_payments(), 1)
            self.assertEqual(sweep_payments(), 0)
        payment = fresh(payment)
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        self.assertIsNone(payment.next_check_at)

    def test_it_asks_more_and_more_seldom(self) -> None:
        payment = paid(token="action")
        waits = []
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for _ in range(9):
                clock.move_to(fresh(payment).next_check_at)
                self.assertEqual(sweep_payments(), 1)
                wait = fresh(payment).next_check_at - timezone.now()
                waits.append(wait.total_seconds() / 60)
        self.assertEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60])
        self.assertEqual(kinds(payment), [])

    def test_reserved_money_is_looked_at_once_a_day(self) -> None:
        payment = paid(token="authorize")
        Payment.objects.update(next_check_at=timezone.now())
        self.assertEqual(sweep_payments(), 1)
        wait = fresh(payment).next_check_at - timezone.now()
        self.assertAlmostEqual(wait.total_seconds(), 24 * 3600, delta=60)

    def test_nothing_is_asked_where_nothing_was_begun(self) -> None:
        payment = paid(token="fail")
        Payment.objects.update(next_check_at=timezone.now(), reference=None)
        with mock.patch.object(DummyProvider, "fetch") as asked:
            self.assertEqual(sweep_payments(), 0)
        asked.assert_not_called()
        self.assertIsNone(fresh(payment).next_check_at)

    def test_a_silent_provider_keeps_no_other_waiting(self) -> None:
        lost = paid(token="timeout")
        with faulty_stripe(lambda _: (500, {})) as (base, calls), stripe_settings(base):
            for number in range(3):
                payment = new_payment("stripe")
                payment.reference = f"pi_{number}"
                payment.save()
            Payment.objects.update(next_check_at=lost.created_at)
            self.assertEqual(sweep_payments(), 2)
        self.assertEqual(len(calls), 1)
        self.assertEqual(fresh(lost).status, "paid")
        due = Payment.objects.due(timezone.now())
        self.assertEqual(due.count(), 0)
