import threading
from contextlib import ExitStack
from decimal import Decimal
from typing import ClassVar

from django.core.signals import request_finished
from django.test import LiveServerTestCase, SimpleTestCase, TestCase
from django.utils import timezone

from payments.models import Payment, Refund
from payments.providers.stripe import from_minor, to_minor
from payments.services import (
    cancel_payments,
    capture_payments,
    carry_out_refund,
    check_payment,
    refund_payments,
    resume_payment,
    sweep_payments,
)
from tests.payments.calls import (
    AMOUNT,
    deliver,
    fresh,
    kinds,
    new_payment,
    paid,
    start,
)
from tests.payments.stripes import LocalStripe, running_localstripe, stripe_settings

VISA = "pm_card_visa"
DECLINED = "4000000000000341"
WITH_3D_SECURE = "4000002500003155"
WITH_3D_SECURE_DECLINED = "4000008400001629"


class MinorUnitTests(SimpleTestCase):
    """Amounts in Stripe's units"""

    def test_each_currency_has_its_own(self) -> None:
        for amount, currency, minor in (
            ("9.90", "EUR", 990),
            ("9.900", "EUR", 990),
            ("1200", "JPY", 1200),
            ("1.230", "KWD", 1230),
            ("500", "ISK", 50000),
            ("7", "UGX", 700),
        ):
            with self.subTest(currency):
                self.assertEqual(to_minor(Decimal(amount), currency), minor)
                self.assertEqual(from_minor(minor, currency), Decimal(amount))


class LocalStripeTests(TestCase):
    """The shop beside a real localstripe"""

    stripe: ClassVar[LocalStripe]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        stack = ExitStack()
        cls.addClassCleanup(stack.close)
        cls.stripe = stack.enter_context(running_localstripe())
        stack.enter_context(stripe_settings(cls.stripe.base))

    def test_a_card_pays(self) -> None:
        payment = paid("stripe", VISA)
        self.assertEqual((payment.status, payment.error), ("paid", ""))
        self.assertEqual(payment.captured_amount, AMOUNT)
        intent = self.stripe.intent(payment.reference)
        self.assertEqual((intent["amount"], intent["currency"]), (10000, "eur"))
        self.assertEqual(
            intent["metadata"],
            {"payment": str(payment.public_id), "order": str(payment.order)},
        )

    def test_yen_have_no_cents(self) -> None:
        payment = paid("stripe", VISA, amount=Decimal(1200), currency="JPY")
        self.assertEqual(payment.captured_amount, 1200)
        self.assertEqual(self.stripe.intent(payment.reference)["amount"], 1200)

    def test_a_declined_card_can_be_followed_by_a_good_one(self) -> None:
        payment = paid("stripe", self.stripe.card(DECLINED))
        self.assertEqual((payment.status, payment.error), ("failed", "card-declined"))
        self.assertEqual(payment.captured_amount, 0)
        # localstripe, unlike Stripe, takes no second card for an intent.
        self.assertEqual(kinds(payment), ["failed"])

    def test_an_unknown_token_is_refused(self) -> None:
        payment = paid("stripe", "pm_nobody_made")
        self.assertEqual((payment.status, payment.error), ("failed", "refused"))
        self.assertEqual(start(payment, VISA).payment.status, "paid")

    def test_without_a_token_the_browser_goes_on(self) -> None:
        started = start(new_payment("stripe"))
        reference = started.payment.reference
        self.assertEqual(
            self.stripe.intent(reference)["status"], "requires_payment_method"
        )

    def test_three_d_secure_passes(self) -> None:
        payment = new_payment("stripe")
        started = start(payment, self.stripe.card(WITH_3D_SECURE))
        self.assertEqual(started.payment.status, "pending")
        assert started.next_action is not None
        self.assertEqual(started.next_action.type, "use_stripe_sdk")
        secret = started.client_secret
        assert secret is not None
        stored = Payment.objects.filter(pk=payment.pk).values().get()
        self.assertNotIn(secret, repr(stored))
        self.assertEqual(resume_payment(payment.public_id).client_secret, secret)
        self.stripe.authenticate(started.payment.reference, secret, success=True)
        resumed = resume_payment(payment.public_id)
        self.assertEqual(resumed.payment.status, "paid")
        self.assertIsNone(resumed.client_secret)

    def test_three_d_secure_fails(self) -> None:
        started = start(new_payment("stripe"), self.stripe.card(WITH_3D_SECURE))
        payment = started.payment
        self.stripe.authenticate(
            payment.reference, started.client_secret, success=False
        )
        payment = resume_payment(payment.public_id).payment
        self.assertEqual(payment.status, "failed")
        self.assertEqual(payment.error, "payment-intent-authentication-failure")
        self.assertEqual(start(payment, VISA).payment.status, "paid")

    def test_confirming_what_is_paid_pays_nothing(self) -> None:
        payment = paid("stripe", VISA)
        charge = self.stripe.intent(payment.reference)["latest_charge"]["id"]
        lose_answer(payment)
        payment = start(payment, VISA).payment
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        intent = self.stripe.intent(payment.reference)
        self.assertEqual(intent["latest_charge"]["id"], charge)

    def test_reserved_money_is_captured(self) -> None:
        with self.settings(STRIPE_CAPTURE="manual"):
            payment = paid("stripe", VISA)
        self.assertEqual(payment.status, "authorized")
        capture_payments(payment.order)
        capture_payments(payment.order)
        self.assertEqual(deliver("payment.capture"), 2)
        payment = fresh(payment)
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        self.assertEqual(self.stripe.intent(payment.reference)["status"], "succeeded")

    def test_capturing_a_part_lets_the_rest_go(self) -> None:
        with self.settings(STRIPE_CAPTURE="manual"):
            payment = paid("stripe", VISA)
        capture_payments(payment.order, amount=Decimal("40.00"))
        deliver("payment.capture")
        payment = fresh(payment)
        # localstripe tells the rest as a refund, Stripe as never captured.
        kept = payment.captured_amount - payment.refunded_amount
        self.assertEqual(kept, Decimal("40.00"))

    def test_reserved_money_is_let_go(self) -> None:
        with self.settings(STRIPE_CAPTURE="manual"):
            payment = paid("stripe", VISA)
        cancel_payments(payment.order)
        self.assertEqual(deliver("payment.void"), 1)
        self.assertEqual(self.stripe.intent(payment.reference)["status"], "canceled")
        self.assertEqual(fresh(payment).status, "cancelled")

    def test_voiding_what_is_paid_sends_it_back(self) -> None:
        payment = paid("stripe", VISA)
        lose_answer(payment)
        cancel_payments(payment.order)
        deliver()
        deliver()
        payment = fresh(payment)
        self.assertEqual(
            (payment.status, payment.refunded_amount), ("refunded", AMOUNT)
        )
        (refund,) = self.stripe.refunds(payment.reference)
        self.assertEqual(refund["amount"], 10000)

    def test_several_refunds_each_once(self) -> None:
        payment = paid("stripe", VISA)
        for number, part in enumerate(("10.00", "20.00")):
            refund_payments(
                order=payment.order,
                amount=Decimal(part),
                reason="broken",
                source=f"return:{number}",
            )
        self.assertEqual(deliver("payment.refund"), 2)
        payment = fresh(payment)
        self.assertEqual(payment.status, "partly_refunded")
        self.assertEqual(payment.refunded_amount, Decimal("30.00"))
        # A message that is delivered again finds its refund by the key.
        Refund.objects.update(status="pending", reference=None)
        Payment.objects.update(refunded_amount=0, refunding_amount=Decimal("30.00"))
        for refund in Refund.objects.all():
            carry_out_refund(refund.public_id)
        made = self.stripe.refunds(payment.reference)
        self.assertEqual(sorted(each["amount"] for each in made), [1000, 2000])
        self.assertEqual(fresh(payment).refunded_amount, Decimal("30.00"))

    def test_a_refund_made_in_the_dashboard_is_adopted(self) -> None:
        payment = paid("stripe", VISA)
        self.stripe.post("/v1/refunds", payment_intent=payment.reference, amount="2500")
        now = check_payment(payment.public_id)
        self.assertEqual(now.status, "partly_refunded")
        self.assertEqual(now.refunded_amount, Decimal("25.00"))
        (refund,) = Refund.objects.all()
        self.assertEqual((refund.status, refund.reason[:4]), ("succeeded", "Made"))
        self.assertEqual(check_payment(payment.public_id).refunded_amount, 25)
        self.assertEqual(kinds(payment), ["captured", "refund_requested", "refunded"])

    def test_the_sweeper_finds_what_was_paid(self) -> None:
        payment = paid("stripe", VISA)
        lose_answer(payment)
        self.assertEqual(sweep_payments(), 1)
        self.assertEqual(fresh(payment).status, "paid")


class LocalStripeWebhookTests(LiveServerTestCase):
    """Webhooks that localstripe signs and sends by itself, a second after the event"""

    def test_the_buyer_passes_3d_secure_and_the_shop_is_told(self) -> None:
        told = threading.Event()
        url = f"{self.live_server_url}/payment/webhook/stripe/"

        def notice(**_arguments: object) -> None:
            told.set()

        with running_localstripe() as stripe, stripe_settings(stripe.base):
            started = start(new_payment("stripe"), stripe.card(WITH_3D_SECURE))
            stripe.call_back(url)
            stripe.authenticate(
                started.payment.reference, started.client_secret, success=True
            )
            request_finished.connect(notice)
            self.addCleanup(request_finished.disconnect, notice)
            self.assertTrue(told.wait(30))

        payment = fresh(started.payment)
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        (event,) = payment.events.all()
        self.assertEqual(event.type, "captured")
        self.assertTrue(event.provider_event_id.startswith("evt_"))


def lose_answer(payment: Payment) -> None:
    """Forget what the provider said, as a process that died would have."""
    Payment.objects.filter(pk=payment.pk).update(
        status="pending", captured_amount=0, next_check_at=timezone.now()
    )
    payment.events.all().delete()
