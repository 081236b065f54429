"""Payments of the past, brought in with the orders they were made for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from custom.ids import new_public_id
from custom.transactions import transactional
from payments.models import Payment, PaymentEvent

BATCH = 500  # rows of one INSERT


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPayment:
    """Money that was received for an order, by transfer."""

    order: UUID
    amount: Decimal
    currency: str
    at: datetime


@transactional
def import_payments(history: Sequence[PastPayment]) -> None:
    """Store payments as received on invoice long ago; announces nothing.

    A fixed number of statements for each 500 rows.
    """
    payments = [_payment(entry) for entry in history]
    Payment.objects.bulk_create(payments, batch_size=BATCH)
    by_order = Payment.objects.in_bulk(
        [payment.order for payment in payments], field_name="wanted_order"
    )  # not every database tells the keys it has given
    PaymentEvent.objects.bulk_create(
        [
            PaymentEvent(
                payment=by_order[entry.order],
                type=PaymentEvent.Type.CAPTURED,
                captured_delta=entry.amount,
                provider=by_order[entry.order].provider,
                at=entry.at,
            )
            for entry in history
        ],
        batch_size=BATCH,
    )


def _payment(entry: PastPayment) -> Payment:
    """Return one payment, still to be stored."""
    public_id: UUID = new_public_id()
    return Payment(
        public_id=public_id,
        order=entry.order,
        wanted_order=entry.order,
        provider="invoice",
        key=f"pay-{public_id}",
        status=Payment.Status.PAID,
        amount=entry.amount,
        currency=entry.currency,
        captured_amount=entry.amount,
        created_at=entry.at,
    )
