"""Asking a provider for the money: two transactions, and the call between them.

A process that dies anywhere in between leaves a payment that the sweeper settles or
that the buyer starts again: see docs/payments.md.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from custom.transactions import transactional
from payments.errors import (
    NotStartableError,
    ProviderDownError,
    ProviderRefusedError,
    UnknownPaymentError,
)
from payments.models import Payment
from payments.providers import registry
from payments.providers.base import ChargeState, NextAction, Standing
from payments.services.calls import charge_of, provider_of
from payments.services.recording import OPEN, record_state

logger = structlog.get_logger(__name__)

FIRST_CHECK = timedelta(minutes=1)  # longer than all time-outs of one start together


@dataclass(frozen=True, kw_only=True)
class StartedPayment:
    """A payment, and what the buyer's browser needs to go on; never stored."""

    payment: Payment
    client_secret: str | None = field(default=None, repr=False)
    next_action: NextAction | None = None


def start_payment(
    payment: UUID, *, token: str = "", return_url: str = ""
) -> StartedPayment:
    """Ask the provider for the money, or ask again.

    No transaction is open during the call. A provider that is down leaves the payment
    pending, with ``error``; one that refuses leaves it failed. Both may be started
    again, with another token. One that is paid or reserved is returned as it is.

    Args:
        payment: Public id.
        token: What the buyer's browser got from the provider; never stored.
        return_url: Where the provider sends the buyer back to.

    Raises:
        UnknownPaymentError: There is no such payment.
        NotStartableError: It was cancelled or replaced, before the call or meanwhile;
            the money that this start may still bring is sent back.
        RuntimeError: A transaction is open.
    """
    begun = _begin(payment)
    provider = provider_of(begun)
    if provider.is_manual or begun.status != Payment.Status.PENDING:
        return StartedPayment(payment=begun)
    try:
        if not begun.reference:
            begun = _keep_reference(begun, provider.create(charge_of(begun)))
        state = provider.confirm(
            charge_of(begun),
            token=token,
            return_url=return_url,
            attempt=begun.attempts,
        )
    except ProviderDownError:
        logger.warning("payment_provider_down", provider=begun.provider)
        return StartedPayment(payment=_keep_error(begun, "provider-unavailable"))
    except ProviderRefusedError as error:
        state = ChargeState(
            reference=begun.reference or "",
            standing=Standing.FAILED,
            error=str(error.extra.get("reason", "")),
        )
    return _started(record_state(begun, state), state)


def resume_payment(payment: UUID) -> StartedPayment:
    """Ask the provider what the buyer has to do now; for answers given again.

    Records what is new. A provider that is down is passed over in silence: then there
    is neither client secret nor next action.

    Raises:
        UnknownPaymentError: There is no such payment.
        RuntimeError: A transaction is open.
    """
    found = Payment.objects.filter(public_id=payment).first()
    if found is None:
        raise _unknown()
    provider = provider_of(found)
    if provider.is_manual or found.status not in OPEN or not found.reference:
        return StartedPayment(payment=found)
    try:
        state = provider.fetch(charge_of(found))
    except (ProviderDownError, ProviderRefusedError):
        return StartedPayment(payment=found)
    return _started(record_state(found, state), state)


def _started(payment: Payment, state: ChargeState) -> StartedPayment:
    """Hand secrets on while the payment still waits for the buyer."""
    if payment.status not in OPEN or not payment.is_wanted:
        return StartedPayment(payment=payment)
    return StartedPayment(
        payment=payment,
        client_secret=state.client_secret,
        next_action=state.next_action,
    )


@transactional
def _begin(public_id: UUID) -> Payment:
    """Count an attempt and have the sweeper look after it; locks the payment."""
    found = Payment.objects.select_for_update().filter(public_id=public_id)
    payment = found.first()
    if payment is None:
        raise _unknown()
    if not payment.is_wanted:
        raise _closed()
    if payment.status not in OPEN or registry.provider(payment.provider).is_manual:
        return payment
    payment.status = Payment.Status.PENDING
    payment.error = ""
    payment.attempts += 1
    payment.checks = 0
    payment.next_check_at = timezone.now() + FIRST_CHECK
    payment.save()
    return payment


@transactional
def _keep_reference(payment: Payment, reference: str) -> Payment:
    """Store where the provider has the payment, before any money moves.

    Once stored it stays: providers forget keys, and a second payment of theirs could
    be paid beside the first.

    Raises:
        NotStartableError: The payment was closed meanwhile; nothing was taken.
    """
    now = Payment.objects.select_for_update().get(pk=payment.pk)
    if not now.is_wanted:
        raise _closed()
    if not now.reference:
        now.reference = reference
        now.save(update_fields=["reference"])
    return now


@transactional
def _keep_error(payment: Payment, error: str) -> Payment:
    """Say why a payment is still pending; it stays what it is."""
    startable = Payment.objects.startable().filter(pk=payment.pk)
    startable.update(error=error)
    return Payment.objects.get(pk=payment.pk)


def _unknown() -> UnknownPaymentError:
    return UnknownPaymentError("There is no such payment.")


def _closed() -> NotStartableError:
    return NotStartableError("This payment is closed; please start another one.")
