from decimal import Decimal
from unittest import mock

from django.core.cache import cache
from django.test import TestCase, override_settings

from custom.ids import new_public_id
from custom.transactions import run_in_transaction
from payments.errors import (
    AlreadyPaidError,
    NotStartableError,
    UnknownPaymentError,
    UnknownProviderError,
)
from payments.models import Payment
from payments.providers.dummy import DummyProvider
from payments.selectors import MoneyState, money_of
from payments.services import (
    cancel_payments,
    create_payment,
    replace_payment,
    resume_payment,
    start_payment,
)
from tests.payments.calls import AMOUNT, deliver, fresh, kinds, new_payment, paid, start


class CreateTests(TestCase):
    """create_payment"""

    def test_a_payment_waits_for_its_provider(self) -> None:
        order = new_public_id()
        with self.assertNumQueries(1 + 2):  # a savepoint and its end
            payment = create_payment(
                order=order, provider="dummy", amount=AMOUNT, currency="EUR"
            )
        stored = fresh(payment)
        self.assertEqual(stored.status, "pending")
        self.assertEqual((stored.order, stored.wanted_order), (order, order))
        self.assertEqual(stored.key, f"pay-{stored.public_id}")
        self.assertIsNone(stored.reference)
        self.assertEqual(money_of([order])[order].pending, AMOUNT)

    def test_what_is_not_offered_is_refused(self) -> None:
        for provider in ("barter", "", "stripe"):
            with self.subTest(provider), self.assertRaises(UnknownProviderError):
                new_payment(provider)
        with (
            override_settings(PAYMENT_METHODS=["invoice"]),
            self.assertRaises(UnknownProviderError),
        ):
            new_payment("dummy")
        self.assertFalse(Payment.objects.exists())

    def test_nothing_to_pay_is_paid(self) -> None:
        payment = new_payment(amount=Decimal(0))
        self.assertEqual(payment.status, "paid")
        with mock.patch.object(DummyProvider, "create") as asked:
            self.assertEqual(start(payment).payment.status, "paid")
        asked.assert_not_called()


class StartTests(TestCase):
    """start_payment, with the dummy"""

    def test_a_good_token_pays(self) -> None:
        payment = new_payment()
        started = start(payment)
        self.assertEqual(started.payment.status, "paid")
        self.assertIsNone(started.client_secret)
        stored = fresh(payment)
        self.assertEqual(stored.captured_amount, AMOUNT)
        self.assertEqual(stored.reference, f"dummy-{payment.public_id}")
        self.assertIsNone(stored.next_check_at)
        self.assertEqual(kinds(stored), ["captured"])
        expected = MoneyState(captured=AMOUNT, needs_prepayment=True)
        self.assertEqual(money_of([payment.order]), {payment.order: expected})

    def test_manual_providers_are_not_asked(self) -> None:
        for provider in ("invoice", "cash_on_delivery"):
            with self.subTest(provider):
                payment = new_payment(provider)
                with self.assertNumQueries(1 + 2):
                    started = start(payment)
                self.assertEqual(started.payment.status, "pending")
                self.assertIsNone(fresh(payment).next_check_at)

    def test_a_next_action_is_told_and_not_stored(self) -> None:
        payment = new_payment()
        started = start_payment(
            payment.public_id, token="action", return_url="https://shop.example/done"
        )
        self.assertEqual(started.payment.status, "pending")
        assert started.next_action is not None
        self.assertEqual(started.next_action.url, "https://shop.example/done")
        secret = started.client_secret
        assert secret is not None
        self.assertNotIn(secret, repr(started))
        row = Payment.objects.filter(pk=payment.pk).values().get()
        self.assertNotIn(secret, repr(row))
        self.assertNotIn("shop.example", repr(row))
        again = resume_payment(payment.public_id)
        self.assertEqual(again.client_secret, secret)
        self.assertEqual(again.next_action, started.next_action)
        self.assertEqual(start(payment, "ok").payment.status, "paid")
        self.assertIsNone(resume_payment(payment.public_id).client_secret)

    def test_a_refusal_can_be_tried_again(self) -> None:
        payment = paid(token="decline")
        self.assertEqual((payment.status, payment.error), ("failed", "card-declined"))
        self.assertTrue(money_of([payment.order])[payment.order].failed)
        payment = start(payment).payment
        self.assertEqual((payment.status, payment.error), ("paid", ""))
        self.assertEqual(kinds(payment), ["failed", "captured"])

    def test_a_provider_that_is_down_leaves_it_pending(self) -> None:
        payment = paid(token="fail")
        self.assertEqual(payment.status, "pending")
        self.assertEqual(payment.error, "provider-unavailable")
        self.assertIsNotNone(payment.next_check_at)
        self.assertEqual(kinds(payment), [])
        payment = start(payment).payment
        self.assertEqual((payment.status, payment.error), ("paid", ""))

    def test_a_lost_answer_is_not_asked_for_twice(self) -> None:
        payment = paid(token="timeout")
        self.assertEqual(payment.status, "pending")
        payment = start(payment, "decline").payment
        self.assertEqual(payment.status, "paid")
        self.assertEqual(payment.captured_amount, AMOUNT)

    def test_what_is_paid_is_not_asked_for_again(self) -> None:
        payment = paid()
        with mock.patch.object(DummyProvider, "confirm") as asked:
            self.assertEqual(start(payment).payment.status, "paid")
        asked.assert_not_called()

    def test_unknown_and_closed_payments_are_refused(self) -> None:
        with self.assertRaises(UnknownPaymentError):
            start_payment(new_public_id())
        with self.assertRaises(UnknownPaymentError):
            resume_payment(new_public_id())
        payment = new_payment()
        cancel_payments(payment.order)
        with self.assertRaises(NotStartableError):
            start(payment)

    def test_a_payment_closed_before_the_call_takes_nothing(self) -> None:
        payment = new_payment()

        def close(*_arguments: object) -> str:
            cancel_payments(payment.order)
            return "dummy-late"

        with (
            mock.patch.object(DummyProvider, "create", side_effect=close),
            mock.patch.object(DummyProvider, "confirm") as asked,
            self.assertRaises(NotStartableError),
        ):
            start(payment)
        asked.assert_not_called()
        self.assertEqual(fresh(payment).status, "cancelled")

    def test_no_transaction_may_be_open(self) -> None:
        payment = new_payment()
        with self.assertRaisesMessage(RuntimeError, "inside a transaction"):
            run_in_transaction(lambda: start(payment))


class ReplaceTests(TestCase):
    """replace_payment"""

    def replace(self, payment: Payment, provider: str = "dummy") -> Payment:
        return replace_payment(
            order=payment.order,
            provider=provider,
            amount=payment.amount,
            currency=payment.currency,
        )

    def test_the_same_provider_keeps_the_payment(self) -> None:
        payment = paid(token="decline")
        self.assertEqual(self.replace(payment).pk, payment.pk)

    def test_another_provider_closes_the_old_one(self) -> None:
        old = paid(token="action")
        new = self.replace(old, "invoice")
        self.assertEqual(fresh(old).status, "cancelled")
        self.assertIsNone(fresh(old).wanted_order)
        self.assertEqual(new.wanted_order, old.order)
        self.assertEqual(kinds(old), ["replaced"])
        deliver()
        self.assertEqual(standing_at_dummy(old), "cancelled")

    def test_money_that_is_there_is_not_asked_for_again(self) -> None:
        for token in ("ok", "authorize"):
            with self.subTest(token):
                payment = paid(token=token)
                with self.assertRaises(AlreadyPaidError):
                    self.replace(payment, "invoice")
                self.assertEqual(Payment.objects.filter(order=payment.order).count(), 1)

    def test_late_money_takes_its_place_again_while_none_has_come(self) -> None:
        old = paid(token="timeout")
        new = self.replace(old, "invoice")
        deliver()  # the void finds the money taken
        old, new = fresh(old), fresh(new)
        self.assertEqual((old.status, old.is_wanted), ("paid", True))
        self.assertEqual((new.status, new.is_wanted), ("cancelled", False))
        self.assertEqual(money_of([old.order])[old.order].captured, AMOUNT)

    def test_late_money_goes_back_when_other_money_has_come(self) -> None:
        old = paid(token="timeout")
        new = self.replace_by_new_dummy(old)
        self.assertEqual(start(new).payment.status, "paid")
        deliver()
        deliver()
        old = fresh(old)
        self.assertEqual(old.status, "refunded")
        self.assertEqual(old.refunded_amount, AMOUNT)
        state = money_of([old.order])[old.order]
        self.assertEqual(state.captured - state.refunded, AMOUNT)

    def replace_by_new_dummy(self, old: Payment) -> Payment:
        self.replace(old, "invoice")
        return self.replace(old, "dummy")

    def test_late_money_of_a_cancelled_order_goes_back(self) -> None:
        payment = paid(token="timeout")
        cancel_payments(payment.order)
        deliver()
        deliver()
        payment = fresh(payment)
        self.assertEqual(payment.status, "refunded")
        self.assertEqual(payment.refunded_amount, AMOUNT)


def standing_at_dummy(payment: Payment) -> str:
    """Tell how the dummy's own books have a payment."""
    entry = cache.get(f"dummy-payment:{payment.key}")
    return str(entry["standing"])
