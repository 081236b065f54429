"""What Stripe may do when it is not well, and what localstripe cannot do.

localstripe knows no idempotency keys, refuses ``return_url``, takes no second card
after a refusal and never fails; here a small server answers as Stripe documents it.
"""

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.test import TestCase

from custom.models import OutboxMessage
from payments.models import Payment, Refund
from payments.providers.base import NextAction
from payments.services import (
    capture_payments,
    check_payment,
    refund_payments,
    start_payment,
    sweep_payments,
)
from tests.payments.calls import AMOUNT, deliver, fresh, kinds, new_payment, start
from tests.payments.stripes import (
    Answer,
    Call,
    faulty_stripe,
    hanging_port,
    stripe_settings,
)

INTENTS = "/v1/payment_intents"
INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "status": "requires_payment_method",
    "client_secret": "pi_1_secret",
    "next_action": None,
    "last_payment_error": None,
    "latest_charge": None,
}
CHARGE = {"id": "ch_1", "object": "charge", "amount": 10000, "amount_captured": 10000}
PAID = INTENT | {"status": "succeeded", "latest_charge": CHARGE}
EMPTY = {"object": "list", "data": [], "has_more": False, "url": "/v1/refunds"}


def refusal(status: int, **error: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"message": "Card 4242 of Ada was refused."} | error}


class Books:
    """Answers as Stripe would for one intent; a test makes single calls go wrong.

    Attributes:
        faults: Path -> what happens instead of the answer, used up one at a time.
    """

    def __init__(self) -> None:
        self.intent = dict(INTENT)
        self.refunds: list[dict[str, Any]] = []
        self.faults: dict[str, list[Answer]] = {}

    def __call__(self, call: Call) -> tuple[int, dict[str, Any]] | None:
        waiting = self.faults.get(f"{call.method} {call.path}")
        if waiting:
            return waiting.pop(0)(call)
        return self.answer(call)

    def answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        if call.path == "/v1/refunds":
            return self.answer_refund(call)
        if call.path.endswith("/confirm"):
            self.intent = PAID
        return 200, dict(self.intent)

    def answer_refund(self, call: Call) -> tuple[int, dict[str, Any]]:
        if call.method == "GET":
            return 200, EMPTY | {"data": self.refunds}
        known = [each for each in self.refunds if each["idempotency"] == call.key]
        if known:
            return 200, known[0]
        made = {
            "id": f"re_{len(self.refunds)}",
            "object": "refund",
            "amount": int(call.form["amount"]),
            "status": "succeeded",
            "metadata": {"refund_key": call.form["metadata[refund_key]"]},
            "idempotency": call.key,
        }
        self.refunds.append(made)
        return 200, made


class FaultTests(TestCase):
    """The shop beside a Stripe that goes wrong"""

    def setUp(self) -> None:
        self.books = Books()
        base, self.calls = self.enterContext(faulty_stripe(self.books))
        self.enterContext(stripe_settings(base, STRIPE_SECONDS=0.3))
        self.enterContext(self.assertNoLogs("django.request"))

    def go_wrong(self, path: str, *faults: Answer) -> None:
        self.books.faults[path] = list(faults)

    def paid(self) -> Payment:
        return start(new_payment("stripe"), "pm_1").payment

    def check_creation(self, fault: Answer) -> None:
        """Nothing is known of the intent; the same key finds it again."""
        self.go_wrong(f"POST {INTENTS}", fault)
        payment = new_payment("stripe")
        first = start(payment, "pm_1").payment
        self.assertEqual(first.status, "pending")
        self.assertEqual(first.error, "provider-unavailable")
        self.assertIsNone(first.reference)
        self.assertEqual(start(payment, "pm_1").payment.status, "paid")
        keys = [call.key for call in self.calls if call.path == INTENTS]
        self.assertEqual(keys, [payment.key] * 2)

    def test_the_creation_breaks_off(self) -> None:
        self.check_creation(lambda _: None)

    def test_the_creation_fails(self) -> None:
        self.check_creation(lambda _: (500, {}))

    def test_the_creation_is_one_too_many(self) -> None:
        self.check_creation(lambda _: refusal(429))

    def test_a_server_that_hangs_is_given_up(self) -> None:
        hanging = self.enterContext(hanging_port())
        with stripe_settings(f"http://127.0.0.1:{hanging}", STRIPE_SECONDS=0.2):
            payment = start(new_payment("stripe"), "pm_1").payment
        self.assertEqual(payment.error, "provider-unavailable")

    def test_a_lost_answer_to_the_confirmation_is_asked_for_later(self) -> None:
        def take(call: Call) -> None:
            self.books.answer(call)

        self.go_wrong(f"POST {INTENTS}/pi_1/confirm", take)
        payment = self.paid()
        self.assertEqual(payment.status, "pending")
        self.assertEqual(payment.reference, "pi_1")
        Payment.objects.update(next_check_at=payment.created_at)
        self.assertEqual(sweep_payments(), 1)
        self.assertEqual(fresh(payment).status, "paid")

    def test_each_try_has_a_key_of_its_own(self) -> None:
        declined = refusal(402, type="card_error", code="card_declined")
        self.go_wrong(f"POST {INTENTS}/pi_1/confirm", lambda _: declined)
        payment = new_payment("stripe")
        failed = start(payment, "pm_1").payment
        self.assertEqual((failed.status, failed.error), ("failed", "card-declined"))
        paid = start_payment(
            payment.public_id, token="pm_2", return_url="https://shop.example/done"
        ).payment
        self.assertEqual((paid.status, paid.error), ("paid", ""))
        self.assertEqual([call.path for call in self.calls].count(INTENTS), 1)
        confirmations = [call for call in self.calls if "confirm" in call.path]
        self.assertEqual(
            [call.key for call in confirmations],
            [f"{payment.key}-1-confirm", f"{payment.key}-2-confirm"],
        )
        self.assertEqual(
            [call.form for call in confirmations],
            [
                {"expand[0]": "latest_charge"},
                {
                    "expand[0]": "latest_charge",
                    "return_url": "https://shop.example/done",
                },
            ],
        )

    def test_a_redirect_is_handed_on(self) -> None:
        action = {
            "type": "redirect_to_url",
            "redirect_to_url": {"url": "https://bank.example/3ds", "return_url": None},
        }

        def ask(_call: Call) -> tuple[int, dict[str, Any]]:
            self.books.intent |= {"status": "requires_action", "next_action": action}
            return 200, self.books.intent

        self.go_wrong(f"POST {INTENTS}/pi_1/confirm", ask)
        started = start(new_payment("stripe"), "pm_1")
        self.assertEqual(
            started.next_action,
            NextAction(type="redirect_to_url", url="https://bank.example/3ds"),
        )
        self.assertEqual(started.client_secret, "pi_1_secret")

    def test_a_refusal_is_a_code_not_a_sentence(self) -> None:
        refused = refusal(402, type="card_error", code="card_declined")
        self.go_wrong(f"POST {INTENTS}/pi_1/confirm", lambda _: refused)
        self.assertFalse(logging.getLogger("stripe").isEnabledFor(logging.INFO))
        with self.assertLogs("payments", "INFO") as logs:
            payment = self.paid()
        stored = repr(list(Payment.objects.values())) + repr(
            list(payment.events.values())
        )
        for text in (stored, "".join(logs.output)):
            self.assertNotIn("4242", text)
            self.assertNotIn("secret", text)
            self.assertNotIn("pm_1", text)

    def test_a_wrong_key_is_no_refusal(self) -> None:
        for status in (401, 403):
            self.go_wrong(f"POST {INTENTS}", lambda _, told=status: refusal(told))
            payment = self.paid()
            self.assertEqual(payment.status, "pending")
            self.assertEqual(payment.error, "provider-unavailable")

    def test_a_refund_whose_answer_is_lost_is_made_once(self) -> None:
        payment = self.paid()

        def take(call: Call) -> None:
            self.books.answer(call)

        self.go_wrong("POST /v1/refunds", take)
        refund_payments(
            order=payment.order, amount=Decimal(10), reason="", source="return:1"
        )
        deliver("payment.refund")
        self.assertEqual(fresh(payment).refunding_amount, 10)
        OutboxMessage.objects.update(next_at=payment.created_at)
        deliver("payment.refund")
        self.assertEqual(len(self.books.refunds), 1)
        self.assertEqual(fresh(payment).refunded_amount, 10)
        self.assertEqual(kinds(payment), ["captured", "refund_requested", "refunded"])

    def test_a_refund_that_is_refused_is_given_up(self) -> None:
        payment = self.paid()
        refused = refusal(400, code="charge_disputed")
        self.go_wrong("POST /v1/refunds", lambda _: refused)
        (refund,) = refund_payments(
            order=payment.order, amount=Decimal(10), reason="", source="return:1"
        )
        deliver("payment.refund")
        refund.refresh_from_db()
        self.assertEqual((refund.status, refund.error), ("failed", "charge-disputed"))
        self.assertEqual(fresh(payment).refundable_amount, AMOUNT)
        self.assertEqual(fresh(payment).status, "paid")

    def test_a_refund_may_come_back(self) -> None:
        payment = self.paid()
        refund_payments(
            order=payment.order, amount=Decimal(10), reason="", source="return:1"
        )
        deliver("payment.refund")
        self.assertEqual(fresh(payment).status, "partly_refunded")
        self.books.refunds[0] |= {"status": "failed", "failure_reason": "lost_card"}
        now = check_payment(payment.public_id)
        self.assertEqual((now.status, now.refunded_amount), ("paid", 0))
        self.assertEqual(Refund.objects.get().error, "lost-card")
        # An older answer that arrives late brings nothing back.
        self.books.refunds[0] |= {"status": "succeeded"}
        self.assertEqual(check_payment(payment.public_id).refunded_amount, 0)

    def test_a_refund_that_takes_its_time(self) -> None:
        payment = self.paid()
        self.go_wrong("POST /v1/refunds", pending_refund(self.books))
        refund_payments(
            order=payment.order, amount=Decimal(10), reason="", source="return:1"
        )
        deliver("payment.refund")
        self.assertEqual(Refund.objects.get().status, "pending")
        self.assertEqual(Refund.objects.get().reference, "re_0")
        self.books.refunds[0]["status"] = "succeeded"
        self.assertEqual(check_payment(payment.public_id).refunded_amount, 10)

    def test_a_reservation_that_lapsed_cannot_be_captured(self) -> None:
        self.books.intent |= {"status": "requires_capture"}
        self.go_wrong(
            f"POST {INTENTS}/pi_1/confirm", lambda _: (200, self.books.intent)
        )
        payment = self.paid()
        self.assertEqual(payment.status, "authorized")

        def lapse(_call: Call) -> tuple[int, dict[str, Any]]:
            self.books.intent |= {"status": "canceled"}
            return refusal(400, code="payment_intent_unexpected_state")

        self.go_wrong(f"POST {INTENTS}/pi_1/capture", lapse)
        capture_payments(payment.order)
        deliver("payment.capture")
        self.assertEqual(fresh(payment).status, "cancelled")


def pending_refund(books: Books) -> Callable[[Call], tuple[int, dict[str, Any]]]:
    """Make a refund as Stripe does for slow banks."""

    def make(call: Call) -> tuple[int, dict[str, Any]]:
        status, made = books.answer_refund(call)
        made["status"] = "pending"
        return status, made

    return make
