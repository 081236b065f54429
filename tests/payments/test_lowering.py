from decimal import Decimal

from django.test import TestCase, override_settings

from custom.ids import new_public_id
from payments.models import Payment
from payments.services import lower_payment
from tests.payments.calls import (
    AMOUNT,
    changes,
    deliver,
    fresh,
    kinds,
    new_payment,
    paid,
    start,
)

LESS = Decimal("60.00")


class LowerTests(TestCase):
    """lower_payment"""

    def lower(self, payment: Payment, amount: Decimal = LESS) -> Payment | None:
        """Lower, and return the payment that counts from now on."""
        lower_payment(payment.order, amount=amount)
        return Payment.objects.filter(wanted_order=payment.order).first()

    def test_another_takes_its_place(self) -> None:
        for provider in ("dummy", "invoice", "cash_on_delivery"):
            with self.subTest(provider):
                old = new_payment(provider)
                new = self.lower(old)
                self.assertNotEqual(new.key, old.key)
                self.assertEqual(
                    (new.provider, new.amount, new.currency, new.status),
                    (provider, LESS, "EUR", "pending"),
                )
                self.assertEqual(kinds(old), ["replaced"])
                self.assertEqual(fresh(old).amount, AMOUNT)
                self.assertEqual(changes(old.order), 1)
        self.assertEqual(deliver("payment.void"), 0)

    def test_a_provider_that_was_asked_closes_the_old_one(self) -> None:
        old = paid(token="action")
        new = self.lower(old)
        self.assertEqual(deliver("payment.void"), 1)
        self.assertEqual(start(new).payment.captured_amount, LESS)
        self.assertEqual(fresh(old).captured_amount, 0)

    @override_settings(PAYMENT_METHODS=["invoice"])
    def test_a_provider_that_is_no_longer_offered_stays(self) -> None:
        with self.settings(PAYMENT_METHODS=["dummy"]):
            old = new_payment()
        self.assertEqual(self.lower(old).provider, "dummy")

    def test_nothing_is_owed(self) -> None:
        old = paid(token="authorize")
        self.assertIsNone(self.lower(old, Decimal(0)))
        self.assertEqual(deliver("payment.void"), 1)

    def test_what_asks_for_no_more_stays(self) -> None:
        for payment in (
            paid(),
            paid(token="authorize"),
            new_payment("invoice", amount=LESS),
            new_payment(amount=Decimal("10.00")),
        ):
            with self.subTest(payment.status):
                amount, status = payment.amount, payment.status
                same = self.lower(payment)
                self.assertEqual(same, payment)
                self.assertEqual((same.amount, same.status), (amount, status))
        lower_payment(new_public_id(), amount=LESS)
