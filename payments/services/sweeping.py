"""Settles what was left between a provider's books and the shop's."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db.models import F
from django.utils import timezone

from custom.transactions import transactional
from payments.errors import ProviderDownError, ProviderRefusedError
from payments.models import Payment
from payments.services.calls import charge_of, provider_of
from payments.services.recording import CHECK_RESERVED, record_state

logger = structlog.get_logger(__name__)

BATCH = 50  # payments of one run, so that runs do not pile up
FIRST_DELAY = timedelta(minutes=1)  # doubled by every check that brings nothing
LONGEST_DELAY = timedelta(hours=1)
_DOUBLINGS = 6  # enough to reach the longest delay


def sweep_payments() -> int:
    """Ask providers about every payment that is due; count those asked about.

    A provider that gives no answer is left alone for the rest of the run.
    """
    asked = 0
    silent: set[str] = set()
    due = Payment.objects.due(timezone.now())
    for payment in list(due[:BATCH]):
        if not _claim(payment) or payment.provider in silent:
            continue
        asked += 1
        try:
            state = provider_of(payment).fetch(charge_of(payment))
        except ProviderDownError:
            silent.add(payment.provider)
            continue
        except ProviderRefusedError:
            logger.warning("payment_unknown_there", payment=str(payment.public_id))
            continue
        record_state(payment, state)
    return asked


def check_payment(payment: UUID) -> Payment:
    """Ask the provider about one payment now, and take over what is new.

    Raises:
        ProviderDownError: There is no answer.
        ProviderRefusedError: The provider does not know it.
        RuntimeError: A transaction is open.
    """
    found = Payment.objects.get(public_id=payment)
    return record_state(found, provider_of(found).fetch(charge_of(found)))


@transactional
def _claim(payment: Payment) -> bool:
    """Put the next check off; false if another run was faster, or nothing is to ask.

    Without a reference the provider was never asked for money.
    """
    delay = min(FIRST_DELAY * 2 ** min(payment.checks, _DOUBLINGS), LONGEST_DELAY)
    if payment.status == Payment.Status.AUTHORIZED:
        delay = CHECK_RESERVED
    same = Payment.objects.filter(pk=payment.pk, next_check_at=payment.next_check_at)
    if not payment.reference:
        same.update(next_check_at=None)
        return False
    next_check_at = timezone.now() + delay
    return bool(same.update(next_check_at=next_check_at, checks=F("checks") + 1))
