import hashlib
import hmac
import json
import time
import uuid

from django.http import HttpResponse
from django.test import TestCase, override_settings
from rest_framework.test import APIClient

from payments.models import Payment, PaymentEvent
from payments.providers.dummy import SIGNATURE_HEADER, sign
from payments.providers.stripe import StripeProvider
from tests.payments.calls import AMOUNT, fresh, kinds, new_payment, paid, start
from tests.payments.stripes import (
    WEBHOOK_SECRET,
    faulty_stripe,
    stripe_settings,
)

URL = "/payment/webhook/dummy/"


def stripe_signature(body: bytes, secret: str, *, at: int | None = None) -> str:
    at = int(time.time()) if at is None else at
    signed = b"%d.%s" % (at, body)
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def send_to_stripes(
    reference: str, *, secret: str = WEBHOOK_SECRET, age: int = 0
) -> HttpResponse:
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {"object": {"id": reference, "object": "payment_intent"}},
    }
    body = json.dumps(event).encode()
    signature = stripe_signature(body, secret, at=int(time.time()) - age)
    return APIClient().post(
        "/payment/webhook/stripe/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )


class DummyWebhookTests(TestCase):
    """POST /payment/webhook/dummy/"""

    def announce(self, payment: Payment, event: str = "event-1") -> int:
        told = {"id": event, "type": "paid", "payment": str(payment.public_id)}
        return self.send(json.dumps(told)).status_code

    def send(self, body: str, **headers: str) -> HttpResponse:
        api = APIClient(enforce_csrf_checks=True)
        headers = {SIGNATURE_HEADER: sign(body.encode())} | headers
        return api.post(URL, body, content_type="application/json", headers=headers)

    def test_it_makes_the_shop_ask(self) -> None:
        payment = paid(token="timeout")
        told = {"id": "1", "type": "paid", "payment": str(payment.public_id)}
        answer = self.send(json.dumps(told))
        self.assertEqual((answer.status_code, answer.json()), (200, {"received": True}))
        self.assertEqual(fresh(payment).status, "paid")
        self.assertEqual(fresh(payment).captured_amount, AMOUNT)
        self.assertEqual(kinds(payment), ["captured"])

    def test_repeats_are_harmless(self) -> None:
        payment = paid(token="timeout")
        self.assertEqual([self.announce(payment) for _ in range(5)], [200] * 5)
        self.assertEqual(kinds(payment), ["captured"])

    def test_another_event_about_the_same_is_told_apart(self) -> None:
        payment = paid()
        self.announce(payment, "event-1")
        self.announce(payment, "event-2")
        self.assertEqual(kinds(payment), ["captured", "announced", "announced"])
        self.assertEqual(fresh(payment).captured_amount, AMOUNT)

    def test_it_may_be_faster_than_the_answer(self) -> None:
        payment = paid(token="fail")
        # Confirmed by a process that died before it could store a reference.
        Payment.objects.filter(pk=payment.pk).update(reference=None)
        self.assertEqual(self.announce(payment), 200)
        self.assertEqual(start(payment).payment.status, "paid")

    def test_an_unknown_payment_is_passed_over(self) -> None:
        payment = new_payment("invoice")  # not the dummy's
        for public_id in (payment.public_id, uuid.uuid4()):
            told = {"id": "1", "type": "paid", "payment": str(public_id)}
            with self.assertLogs("payments.services.webhooks", "INFO") as logs:
                self.assertEqual(self.send(json.dumps(told)).status_code, 200)
            self.assertIn("webhook_of_unknown_payment", logs.output[0])
        self.assertFalse(PaymentEvent.objects.exists())

    def test_a_bad_signature_is_refused(self) -> None:
        payment = paid(token="timeout")
        told = json.dumps({"id": "1", "type": "x", "payment": str(payment.public_id)})
        for body, signature in (
            (told, "0" * 64),
            (told, ""),
            (told + " ", sign(told.encode())),
            ("no json", sign(b"no json")),
            ("[]", sign(b"[]")),
            ('{"id": 1}', sign(b'{"id": 1}')),
        ):
            with self.subTest(body=body, signature=signature):
                answer = self.send(body, **{SIGNATURE_HEADER: signature})
                self.assertEqual(answer.status_code, 400)
                self.assertEqual(answer["Content-Type"], "application/problem+json")
                self.assertEqual(answer.json()["code"], "bad-signature")
        self.assertEqual(fresh(payment).status, "pending")

    def test_whoever_has_no_webhook_is_not_there(self) -> None:
        api = APIClient()
        self.assertEqual(api.post("/payment/webhook/barter/").status_code, 404)
        self.assertEqual(api.get(URL).status_code, 405)
        answer = api.post("/payment/webhook/invoice/")
        self.assertEqual(answer.json()["code"], "bad-signature")

    @override_settings(WEBHOOK_BODY_LIMIT=10)
    def test_a_large_body_is_refused(self) -> None:
        self.assertEqual(self.send("x" * 11).status_code, 413)

    def test_a_provider_that_is_down_has_to_call_again(self) -> None:
        payment = Payment.objects.create(
            order=uuid.uuid4(),
            provider="stripe",
            key="pay-1",
            reference="pi_1",
            amount=AMOUNT,
            currency="EUR",
        )
        with faulty_stripe(lambda _call: (500, {})) as (base, _), stripe_settings(base):
            answer = send_to_stripes(payment.reference)
        self.assertEqual(answer.status_code, 503)
        self.assertFalse(payment.events.exists())


class StripeWebhookTests(TestCase):
    """POST /payment/webhook/stripe/"""

    def test_signatures(self) -> None:
        with stripe_settings("http://127.0.0.1:1"):
            self.assertEqual(send_to_stripes("pi_unknown").status_code, 200)
            self.assertEqual(send_to_stripes("pi_unknown", age=290).status_code, 200)
            self.assertEqual(send_to_stripes("pi_unknown", age=310).status_code, 400)
            self.assertEqual(send_to_stripes("pi_unknown", secret="x").status_code, 400)
        with override_settings(STRIPE_WEBHOOK_SECRETS=["new", WEBHOOK_SECRET]):
            self.assertEqual(send_to_stripes("pi_unknown").status_code, 200)
        for secrets in ([], [""]):
            with override_settings(STRIPE_WEBHOOK_SECRETS=secrets):
                self.assertEqual(
                    send_to_stripes("pi_unknown", secret="").status_code, 400
                )

    def test_an_intent_may_be_named_by_what_belongs_to_it(self) -> None:
        for about, found in (
            ({"object": "refund", "payment_intent": "pi_1"}, ("pi_1", None)),
            ({"object": "charge", "payment_intent": None}, ("", None)),
            ({"object": "customer"}, ("", None)),
            (
                {
                    "id": "pi_2",
                    "object": "payment_intent",
                    "metadata": {"payment": str(uuid.UUID(int=1))},
                },
                ("pi_2", uuid.UUID(int=1)),
            ),
            (
                {
                    "id": "pi_3",
                    "object": "payment_intent",
                    "metadata": {"payment": "another shop's"},
                },
                ("pi_3", None),
            ),
        ):
            body = json.dumps({"id": "evt", "type": "x", "data": {"object": about}})
            signature = stripe_signature(body.encode(), WEBHOOK_SECRET)
            with self.subTest(about), stripe_settings("http://127.0.0.1:1"):
                event = StripeProvider().parse_webhook(
                    body.encode(), {"Stripe-Signature": signature}
                )
                self.assertEqual((event.reference, event.payment), found)
