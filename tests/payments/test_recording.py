from decimal import Decimal
from itertools import permutations
from typing import Any

from django.test import TestCase

from payments.models import Payment, Refund
from payments.providers.base import (
    ChargeState,
    RefundStanding,
    RefundState,
    Standing,
    WebhookEvent,
)
from payments.selectors import money_of
from payments.services import record_state, replace_payment
from tests.payments.calls import AMOUNT, changes, deliver, fresh, kinds, new_payment


def state(standing: Standing, captured: int = 0, **fields: Any) -> ChargeState:  # noqa: ANN401
    amount = Decimal(captured)
    return ChargeState(reference="r", standing=standing, captured=amount, **fields)


def refund(standing: RefundStanding, amount: int = 30) -> RefundState:
    return RefundState(reference="re", amount=Decimal(amount), standing=standing)


PENDING = state(Standing.PENDING)
FAILED = state(Standing.FAILED, error="declined")
AUTHORIZED = state(Standing.AUTHORIZED)
CAPTURED = state(Standing.CAPTURED, 100)
REFUNDING = state(Standing.CAPTURED, 100, refunds=(refund(RefundStanding.PENDING),))
REFUNDED = state(Standing.CAPTURED, 100, refunds=(refund(RefundStanding.SUCCEEDED),))


class OrderOfArrivalTests(TestCase):
    """What a provider has said, in every order in which it may arrive"""

    def test_the_end_is_always_the_same(self) -> None:
        told = (PENDING, FAILED, AUTHORIZED, CAPTURED, REFUNDED)
        for number, order in enumerate(permutations(told)):
            payment = new_payment()
            for each in order:
                record_state(payment, replace_reference(each, number))
            payment = fresh(payment)
            self.assertEqual(payment.status, "partly_refunded", order)
            self.assertEqual((payment.captured_amount, payment.error), (AMOUNT, ""))
            self.assertEqual(
                (payment.refunding_amount, payment.refunded_amount), (0, 30)
            )
            self.assertEqual(payment.refunds.count(), 1)
            self.assert_sums(payment)

    def test_twice_is_once(self) -> None:
        payment = new_payment()
        for each in (AUTHORIZED, CAPTURED, REFUNDING, REFUNDED):
            for _ in range(2):
                record_state(payment, each)
        self.assertEqual(
            kinds(payment), ["authorized", "captured", "refund_requested", "refunded"]
        )
        self.assertEqual(fresh(payment).refunded_amount, 30)

    def assert_sums(self, payment: Payment) -> None:
        """Each counter is the sum of its events."""
        events = list(payment.events.all())
        for name in ("captured", "refunding", "refunded"):
            total = sum(getattr(event, f"{name}_delta") for event in events)
            self.assertEqual(getattr(payment, f"{name}_amount"), total, name)


class ClaimTests(TestCase):
    """What a provider cannot mean"""

    def test_more_than_was_asked_for(self) -> None:
        payment = new_payment()
        with self.assertLogs("payments.services.recording", "ERROR") as logs:
            payment = record_state(payment, state(Standing.CAPTURED, 101))
        self.assertIn("payment_captured_too_much", logs.output[0])
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))

    def test_more_back_than_there_is(self) -> None:
        payment = record_state(new_payment(), CAPTURED)
        too_much = state(
            Standing.CAPTURED,
            100,
            refunds=(refund(RefundStanding.SUCCEEDED, 101),),
        )
        with self.assertLogs("payments.services.recording", "ERROR") as logs:
            record_state(payment, too_much)
        self.assertIn("payment_refund_does_not_fit", logs.output[0])
        self.assertFalse(Refund.objects.exists())

    def test_a_refund_that_failed_there_is_not_taken_over(self) -> None:
        payment = record_state(new_payment(), CAPTURED)
        failed = state(Standing.CAPTURED, 100, refunds=(refund(RefundStanding.FAILED),))
        record_state(payment, failed)
        self.assertFalse(Refund.objects.exists())
        self.assertEqual(kinds(payment), ["captured"])

    def test_a_long_code(self) -> None:
        payment = record_state(new_payment(), state(Standing.FAILED, error="x" * 99))
        self.assertEqual(fresh(payment).error, "x" * 64)


class MessageTests(TestCase):
    """payment.changed"""

    def test_the_order_hears_of_each_change_and_of_nothing_else(self) -> None:
        payment = new_payment()
        heard = []
        for each in (PENDING, AUTHORIZED, AUTHORIZED, CAPTURED, CAPTURED, REFUNDED):
            record_state(payment, each)
            heard.append(changes(payment.order))
        self.assertEqual(heard, [0, 1, 1, 2, 2, 3])
        event = WebhookEvent(id="1", type="x", payment=payment.public_id)
        record_state(payment, REFUNDED, event=event)
        self.assertEqual(changes(payment.order), 3)


class LateTests(TestCase):
    """Money for a payment that was replaced"""

    def replace(self, payment: Payment, provider: str) -> Payment:
        return replace_payment(
            order=payment.order, provider=provider, amount=AMOUNT, currency="EUR"
        )

    def test_a_reservation_is_not_given_up_for_it(self) -> None:
        old = new_payment()
        self.replace(old, "invoice")
        new = self.replace(old, "dummy")
        record_state(new, state(Standing.AUTHORIZED))
        record_state(old, replace_reference(CAPTURED, 1))
        self.assertEqual(fresh(new).status, "authorized")
        self.assertTrue(fresh(new).is_wanted)
        self.assertEqual(fresh(old).refunding_amount, AMOUNT)
        self.assertEqual(money_of([old.order])[old.order].refundable, 0)

    def test_it_goes_back_once(self) -> None:
        old = new_payment()
        new = self.replace(old, "invoice")
        record_state(new, state(Standing.CAPTURED, 100))
        for _ in range(3):
            record_state(old, replace_reference(CAPTURED, 1))
        self.assertEqual(Refund.objects.count(), 1)
        self.assertEqual(deliver("payment.refund"), 1)


def replace_reference(told: ChargeState, number: int) -> ChargeState:
    """Let one answer serve for several payments, each with a reference of its own."""
    refunds = tuple(
        RefundState(
            reference=f"{each.reference}-{number}",
            amount=each.amount,
            standing=each.standing,
        )
        for each in told.refunds
    )
    return ChargeState(
        reference=f"{told.reference}-{number}",
        standing=told.standing,
        captured=told.captured,
        refunds=refunds,
        error=told.error,
    )
