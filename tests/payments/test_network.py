"""No provider is called while a transaction, and with it a lock, is open."""

import socket
from collections.abc import Callable
from decimal import Decimal
from unittest import mock

from django.db import connection
from django.test import LiveServerTestCase, TransactionTestCase, override_settings

from payments.models import Payment
from payments.providers.dummy import DummyProvider
from payments.services import (
    cancel_payments,
    capture_payments,
    refund_payments,
    resume_payment,
    sweep_payments,
)
from tests.payments.calls import AMOUNT, deliver, fresh, kinds, new_payment, paid, start
from tests.payments.stripes import running_localstripe, stripe_settings


class SocketTests(TransactionTestCase):
    """What is sent to Stripe leaves between transactions"""

    def test_no_transaction_is_open_when_a_byte_leaves(self) -> None:
        open_during: list[bool] = []

        def watched(send: Callable[..., object]) -> Callable[..., object]:
            def note(self: socket.socket, *arguments: object) -> object:
                if self.family == socket.AF_INET and self.getpeername()[1] == port:
                    open_during.append(connection.in_atomic_block)
                return send(self, *arguments)

            return note

        with running_localstripe() as stripe, stripe_settings(stripe.base):
            port = int(stripe.base.rpartition(":")[2])
            with (
                mock.patch.object(
                    socket.socket, "sendall", watched(socket.socket.sendall)
                ),
                mock.patch.object(socket.socket, "send", watched(socket.socket.send)),
            ):
                self.live()

        self.assertGreaterEqual(len(open_during), 20)
        self.assertFalse(any(open_during))

    def live(self) -> None:
        """Lead payments through everything that calls a provider."""
        whole = paid("stripe", "pm_card_visa")
        refund_payments(
            order=whole.order, amount=Decimal(10), reason="", source="return:1"
        )
        with self.settings(STRIPE_CAPTURE="manual"):
            captured = paid("stripe", "pm_card_visa")
            voided = paid("stripe", "pm_card_visa")
        capture_payments(captured.order)
        cancel_payments(voided.order)
        self.assertEqual(deliver(), 3)
        waiting = start(new_payment("stripe"), "pm_unknown").payment
        resume_payment(waiting.public_id)
        Payment.objects.filter(pk=waiting.pk).update(
            next_check_at=waiting.created_at, status="pending"
        )
        self.assertEqual(sweep_payments(), 1)
        self.assertEqual(fresh(whole).refunded_amount, 10)
        self.assertEqual(fresh(captured).status, "paid")
        self.assertEqual(fresh(voided).status, "cancelled")


class TwiceTests(LiveServerTestCase):
    """A provider whose webhook tells twice before its answer comes"""

    def test_the_money_is_counted_once(self) -> None:
        with override_settings(SITE_URL=self.live_server_url):
            payment = paid(token="twice")
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        self.assertEqual(kinds(payment), ["captured"])
        self.assertIsNotNone(payment.events.get().provider_event_id)

    def test_nobody_need_listen(self) -> None:
        with override_settings(SITE_URL="http://127.0.0.1:1"):
            self.assertEqual(paid(token="twice").status, "paid")


class DummyBooksTests(TransactionTestCase):
    """The dummy's own books"""

    def test_they_pay_back_once_and_never_too_much(self) -> None:
        payment = paid()
        charge = mock.Mock(key=payment.key, reference=payment.reference)
        dummy = DummyProvider()
        first = dummy.refund(charge, Decimal(60), key="a")
        self.assertEqual(dummy.refund(charge, Decimal(60), key="a"), first)
        self.assertEqual(first.standing, "succeeded")
        self.assertEqual(dummy.refund(charge, Decimal(60), key="b").standing, "failed")
