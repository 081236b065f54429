"""What providers announce. A webhook is a reason to ask, not the truth.

The provider is asked for the state of the moment, so late, repeated and disordered
events all come to the same.
"""

from collections.abc import Mapping

import structlog

from payments.errors import BadSignatureError
from payments.models import Payment
from payments.providers import registry
from payments.providers.base import WebhookEvent
from payments.services.calls import charge_of, provider_of
from payments.services.recording import record_state

logger = structlog.get_logger(__name__)


def receive_webhook(code: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Take an announcement over; harmless when repeated, one at a time or at once.

    Raises:
        UnknownProviderError: The shop knows no such provider.
        BadSignatureError: It is not the provider's, too old, or cannot be read.
        ProviderDownError: The provider cannot be asked; it is to announce again.
        RuntimeError: A transaction is open.
    """
    try:
        event = registry.provider(code).parse_webhook(body, headers)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = "The webhook is not what its provider would send."
        raise BadSignatureError(msg) from error
    payment = _payment_of(code, event)
    if payment is None:
        logger.info("webhook_of_unknown_payment", provider=code, event_type=event.type)
        return
    if payment.events.filter(provider_event_id=event.id).exists():
        return
    if not payment.reference:
        payment.reference = event.reference
    record_state(payment, provider_of(payment).fetch(charge_of(payment)), event=event)


def _payment_of(code: str, event: WebhookEvent) -> Payment | None:
    """Find what an event is about; it may be faster than the answer to the shop."""
    payments = Payment.objects.filter(provider=code)
    if event.payment is not None:
        return payments.filter(public_id=event.payment).first()
    if event.reference:
        return payments.filter(reference=event.reference).first()
    return None
