"""The shop's ledger compared with each provider's books, and with itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from custom import outbox
from custom.money import format_money
from custom.transactions import transactional
from payments.errors import ProviderDownError, ProviderRefusedError
from payments.models import Payment, Refund
from payments.providers import registry
from payments.providers.base import ChargeState, RefundStanding, Standing
from payments.services.calls import charge_of, provider_of
from payments.services.recording import record_state

CHUNK = 200  # payments held in memory at once
UNSENT_AFTER = timedelta(hours=5)  # the outbox has given up by then
_STANDINGS = {
    Payment.Status.PENDING: (Standing.PENDING,),
    Payment.Status.FAILED: (Standing.FAILED, Standing.PENDING),
    Payment.Status.AUTHORIZED: (Standing.AUTHORIZED,),
    # What was closed here may be just as closed there, or never have begun.
    Payment.Status.CANCELLED: (
        Standing.CANCELLED,
        Standing.PENDING,
        Standing.FAILED,
    ),
    Payment.Status.PAID: (Standing.CAPTURED,),
    Payment.Status.PARTLY_REFUNDED: (Standing.CAPTURED,),
    Payment.Status.REFUNDED: (Standing.CAPTURED,),
}


@dataclass(frozen=True)
class Difference:
    """One way in which a payment is not what it should be, in a sentence."""

    payment: Payment
    detail: str


def reconcile_payments(*, since: datetime, repair: bool) -> Iterator[Difference]:
    """Compare every payment that is open, or was made since a moment.

    Args:
        since: Aware.
        repair: Take over what the provider says, void what is reserved for closed
            payments, and send refunds again that never left.

    Yields:
        What differed before the repair.
    """
    payments = Payment.objects.open_or_since(since).iterator(CHUNK)
    for payment in payments:
        details = [*_own_faults(payment), *_foreign_faults(payment, repair=repair)]
        yield from (Difference(payment, detail) for detail in details)


def _own_faults(payment: Payment) -> Iterator[str]:
    """Compare a payment with its events; 1 query. Nothing can repair these."""
    sums = payment.events.aggregate(
        captured=Sum("captured_delta", default=Decimal(0)),
        refunding=Sum("refunding_delta", default=Decimal(0)),
        refunded=Sum("refunded_delta", default=Decimal(0)),
    )
    for name, told in sums.items():
        counted = getattr(payment, f"{name}_amount")
        if counted != told:
            here = _shown(payment, counted)
            yield f"{name} {here}, its events {_shown(payment, told)}"
    if payment.refundable_amount and not payment.is_wanted:
        held = _shown(payment, payment.refundable_amount)
        yield f"holds {held} that no order needs"


def _foreign_faults(payment: Payment, *, repair: bool) -> Iterator[str]:
    """Ask the provider, and say what differs."""
    if not payment.reference or registry.provider(payment.provider).is_manual:
        return
    try:
        state = provider_of(payment).fetch(charge_of(payment))
    except ProviderDownError:
        yield "the provider gives no answer"
        return
    except ProviderRefusedError:
        yield "the provider does not know it"
        return
    faults = [*_differences(payment, state), *_unsent(payment)]
    if faults and repair:
        _repair(payment, state)
    yield from faults


def _differences(payment: Payment, state: ChargeState) -> Iterator[str]:
    """Say what the provider has otherwise."""
    if state.standing not in _STANDINGS[Payment.Status(payment.status)]:
        yield f"{payment.status}, but {state.standing} at the provider"
    if state.captured != payment.captured_amount:
        here = _shown(payment, payment.captured_amount)
        yield f"captured {here}, there {_shown(payment, state.captured)}"
    refunded = sum(
        (
            refund.amount
            for refund in state.refunds
            if refund.standing == RefundStanding.SUCCEEDED
        ),
        Decimal(0),
    )
    if refunded != payment.refunded_amount:
        here = _shown(payment, payment.refunded_amount)
        yield f"refunded {here}, there {_shown(payment, refunded)}"


def _shown(payment: Payment, amount: Decimal) -> str:
    """Write an amount as people read it."""
    return format_money(amount, payment.currency)


def _unsent(payment: Payment) -> Iterator[str]:
    """Name refunds that never reached the provider; 1 query."""
    for refund in _unsent_refunds(payment):
        yield f"the refund {refund.public_id} never left"


def _unsent_refunds(payment: Payment) -> list[Refund]:
    """Find refunds that were decided long ago and have no reference."""
    old = timezone.now() - UNSENT_AFTER
    return list(
        payment.refunds.filter(
            status=Refund.Status.PENDING, reference=None, created_at__lt=old
        )
    )


def _repair(payment: Payment, state: ChargeState) -> None:
    """Take the provider's word, then do again what never reached it."""
    payment = record_state(payment, state)
    _send_again(payment, state)


@transactional
def _send_again(payment: Payment, state: ChargeState) -> None:
    """Have the outbox void and refund what should have been."""
    if not payment.is_wanted and state.standing == Standing.AUTHORIZED:
        outbox.publish("payment.void", {"payment": str(payment.public_id)})
    for refund in _unsent_refunds(payment):
        outbox.publish("payment.refund", {"refund": str(refund.public_id)})
