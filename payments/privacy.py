"""Payments are kept with the books; whose they are, orders know."""

from custom.privacy import Holding
from payments.models import PaymentEvent

HOLDINGS = (
    Holding(
        model="payments.PaymentEvent",
        name="payment_steps",
        tells="Steps of payments that you took yourself.",
        personal=("actor", "note"),
        rows=lambda person: PaymentEvent.objects.filter(actor=person.pk),
        shown=("type", "provider", "at"),
        erasure="Notes about the payments of your orders are emptied.",
        kept="The books of the money; they name the account by its number.",
    ),
)
