"""Taking what people wrote out of the ledger of money; no amount is touched."""

from collections.abc import Collection
from uuid import UUID

from custom.transactions import transactional
from payments.models import PaymentEvent, Refund


@transactional
def forget_reasons(orders: Collection[UUID]) -> None:
    """Empty notes and reasons at the payments of orders; 2 UPDATEs.

    Args:
        orders: Public ids.
    """
    Refund.objects.filter(payment__order__in=orders).update(reason="")
    PaymentEvent.objects.filter(payment__order__in=orders).update(note="")
