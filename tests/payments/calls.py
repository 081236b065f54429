"""Short names for what tests of payments do again and again."""

import uuid
from decimal import Decimal

from custom.ids import new_public_id
from custom.models import OutboxMessage
from custom.outbox import consume
from payments.models import Payment
from payments.services import StartedPayment, create_payment, start_payment
from tests.outbox import messages

AMOUNT = Decimal("100.00")


def new_payment(provider: str = "dummy", **fields: object) -> Payment:
    """Make the first payment of an order of its own."""
    wanted = {"order": new_public_id(), "amount": AMOUNT, "currency": "EUR"}
    return create_payment(provider=provider, **wanted | fields)


def start(payment: Payment, token: str = "") -> StartedPayment:
    """Start a payment by a token of the dummy's."""
    return start_payment(payment.public_id, token=token)


def paid(provider: str = "dummy", token: str = "", **fields: object) -> Payment:
    """Make a payment and start it."""
    return start(new_payment(provider, **fields), token).payment


def deliver(*topics: str) -> int:
    """Carry out what waits for providers, or only these topics; count the messages."""
    wanted = topics or ("payment.capture", "payment.void", "payment.refund")
    waiting = OutboxMessage.objects.pending().filter(topic__in=wanted)
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        consume(key)
    return len(keys)


def fresh(payment: Payment) -> Payment:
    """Read a payment again."""
    return Payment.objects.get(pk=payment.pk)


def kinds(payment: Payment) -> list[str]:
    """Return the types of a payment's events, the first first."""
    return list(payment.events.values_list("type", flat=True))


def changes(order: uuid.UUID) -> int:
    """Count how often the order was told that its money has changed."""
    told = messages().filter(topic="payment.changed")
    return sum(message.payload == {"order": str(order)} for message in told)
