import json
from decimal import Decimal

from django.test import TransactionTestCase

from payments.models import PaymentEvent, Refund
from tests.payments.calls import AMOUNT, fresh, kinds, paid
from tests.processes import race


class WebhookRaceTests(TransactionTestCase):
    """One event that is delivered five times at once"""

    def test_it_is_recorded_once(self) -> None:
        payment = paid(token="timeout")  # taken, but the shop does not know
        event = {"id": "event-1", "type": "paid", "payment": str(payment.public_id)}

        outcomes = race(
            "tests.payments.racers.announce", [{"body": json.dumps(event)}] * 5
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
