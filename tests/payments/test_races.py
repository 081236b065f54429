import json
from datetime import timedelta
from decimal import Decimal

import time_machine
from django.test import TransactionTestCase
from django.utils import timezone

from payments.models import PaymentEvent, Refund
from payments.services import sweep_payments
from tests.payments.calls import (
    AMOUNT,
    changes,
    deliver,
    fresh,
    kinds,
    new_payment,
    paid,
)
from tests.processes import Running, race


class WebhookRaceTests(TransactionTestCase):
    """One event that is delivered five times at once"""

    def test_it_is_recorded_once(self) -> None:
        payment = paid(token="timeout")  # taken, but the shop does not know
        event = {"id": "event-1", "type": "paid", "payment": str(payment.public_id)}

        outcomes = race(
            "tests.payments.racers.announce",
            [{"body": json.dumps(event), "together": 5}] * 5,
        )

        self.assertEqual([outcome.value for outcome in outcomes], [200] * 5)
        self.assertEqual(kinds(payment), ["captured"])
        (told,) = PaymentEvent.objects.filter(provider_event_id="event-1")
        self.assertEqual(told.captured_delta, AMOUNT)
        self.assertEqual(fresh(payment).captured_amount, AMOUNT)


class RefundRaceTests(TransactionTestCase):
    """Eight refunds of a fifth of one payment, at once"""

    def test_never_more_goes_back_than_came_in(self) -> None:
        payment = paid()
        calls = [
            {"order": str(payment.order), "amount": "20.00", "source": f"return:{each}"}
            for each in range(8)
        ]

        outcomes = race("tests.payments.racers.pay_back", calls)

        codes = [outcome.code for outcome in outcomes if outcome.error]
        self.assertEqual(codes, ["refund-too-large"] * 3)
        self.assertEqual(Refund.objects.count(), 5)
        self.assertEqual(fresh(payment).refunding_amount, AMOUNT)

    def test_one_cause_pays_back_once(self) -> None:
        payment = paid()
        call = {"order": str(payment.order), "amount": "60.00", "source": "return:1"}

        outcomes = race("tests.payments.racers.pay_back", [call] * 8)

        self.assertEqual([outcome.value for outcome in outcomes], [1] * 8)
        (refund,) = Refund.objects.all()
        self.assertEqual(refund.amount, Decimal("60.00"))


class StartRaceTests(TransactionTestCase):
    """One payment that several processes start, or that one gives up meanwhile"""

    def test_it_is_paid_once(self) -> None:
        payment = new_payment()
        tokens = ["ok", "decline", "timeout", "ok", "action"]

        outcomes = race(
            "tests.payments.racers.begin",
            [{"payment": str(payment.public_id), "token": each} for each in tokens],
        )

        self.assertEqual([outcome.error for outcome in outcomes], [None] * 5)
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            sweep_payments()  # the last word may have been a lost answer
        payment = fresh(payment)
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        self.assertEqual(kinds(payment).count("captured"), 1)

    def test_no_money_stays_with_an_order_that_is_given_up(self) -> None:
        begin = {"target": "tests.payments.racers.begin"}
        end = {"target": "tests.payments.racers.give_up"}
        for _ in range(4):
            payment = new_payment()
            calls = [
                begin | {"payment": str(payment.public_id), "token": "ok"},
                end | {"order": str(payment.order)},
            ]
            race("tests.payments.racers.one_of", calls)
            while deliver():
                pass
            payment = fresh(payment)
            if payment.is_wanted:  # paid before the end: the order pays it back
                self.assertEqual(payment.status, "paid")
            else:
                self.assertIn(payment.status, ("cancelled", "refunded"))
                self.assertEqual(payment.refundable_amount, 0)


class KillTests(TransactionTestCase):
    """A process that is killed between the provider's answer and its record"""

    def test_the_sweeper_finds_the_money(self) -> None:
        payment = new_payment()
        call = {"payment": str(payment.public_id)}
        with Running("tests.payments.racers.begin_and_hang", [call]) as running:
            running.wait_for("taken")
            running.kill()
        self.assertEqual(fresh(payment).status, "pending")
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            self.assertEqual(sweep_payments(), 1)
        payment = fresh(payment)
        self.assertEqual((payment.status, payment.captured_amount), ("paid", AMOUNT))
        self.assertEqual(changes(payment.order), 1)
