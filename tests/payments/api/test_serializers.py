from decimal import Decimal

from django.test import SimpleTestCase, TestCase

from payments.api.serializers import (
    PaymentInputSerializer,
    PaymentSerializer,
    RefundSerializer,
)
from payments.models import Refund
from payments.providers.base import NextAction
from payments.selectors import money_of, payments_of, refunds_of
from payments.services import StartedPayment, refund_payments
from tests.payments.calls import new_payment, paid


class PaymentSerializerTests(TestCase):
    """A payment as clients see it"""

    def test_a_stored_payment_has_no_secret(self) -> None:
        payment = paid(token="decline", amount=Decimal(1200), currency="JPY")
        self.assertEqual(
            PaymentSerializer(payment).data,
            {
                "id": str(payment.public_id),
                "provider": "dummy",
                "status": "failed",
                "amount": "1200",
                "currency": "JPY",
                "next_action": None,
                "error": "card-declined",
            },
        )

    def test_a_started_payment_tells_what_to_do(self) -> None:
        for action, shown in (
            (NextAction(type="use_stripe_sdk"), {"type": "use_stripe_sdk"}),
            (
                NextAction(type="x", url="https://a/"),
                {"type": "x", "url": "https://a/"},
            ),
        ):
            started = StartedPayment(
                payment=new_payment(), client_secret="secret", next_action=action
            )
            told = PaymentSerializer(started).data
            self.assertEqual(told["next_action"], shown)
            self.assertEqual(told["client_secret"], "secret")

    def test_a_refund(self) -> None:
        payment = paid()
        refund_payments(
            order=payment.order, amount=Decimal(5), reason="broken", source="return:1"
        )
        refund = Refund.objects.get()
        self.assertEqual(
            RefundSerializer(refund).data,
            {
                "id": str(refund.public_id),
                "amount": "5.00",
                "currency": "EUR",
                "status": "pending",
                "reason": "broken",
                "created_at": refund.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )

    def test_orders_read_with_a_query_each(self) -> None:
        payment = paid()
        for number in range(5):
            refund_payments(
                order=payment.order, amount=Decimal(1), reason="", source=f"{number}"
            )
        orders = [payment.order, *(paid().order for _ in range(5))]
        with self.assertNumQueries(3):
            self.assertEqual(payments_of(payment.order), [payment])
            self.assertEqual(len(refunds_of(payment.order)), 5)
            self.assertEqual(len(money_of(orders)), 6)


class PaymentInputSerializerTests(SimpleTestCase):
    """How a buyer wants to pay"""

    def test_bad_bodies(self) -> None:
        for body, faults in (
            ({}, {"provider"}),
            ({"provider": "x" * 33}, {"provider"}),
            ({"provider": "x", "token": "x" * 256}, {"token"}),
            ({"provider": "x", "tokn": "x"}, {"tokn"}),
            ({"provider": "x", "return_url": "javascript:alert(1)"}, {"return_url"}),
            ({"provider": "x", "return_url": "//evil.example"}, {"return_url"}),
            ({"provider": "x", "return_url": "https://evil.example/"}, {"return_url"}),
            ({"provider": "x", "return_url": "http://shop.example/"}, {"return_url"}),
            (
                {"provider": "x", "return_url": "https://shop.example@evil.example/"},
                {"return_url"},
            ),
            (
                {"provider": "x", "return_url": "https://shop.example:444/"},
                {"return_url"},
            ),
        ):
            with self.subTest(body):
                reader = PaymentInputSerializer(data=body)
                self.assertFalse(reader.is_valid())
                self.assertEqual(set(reader.errors), faults)

    def test_only_the_provider_is_needed(self) -> None:
        reader = PaymentInputSerializer(data={"provider": "invoice"})
        self.assertTrue(reader.is_valid())
        self.assertEqual(
            dict(reader.validated_data),
            {"provider": "invoice", "token": "", "return_url": ""},
        )
