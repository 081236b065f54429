"""The sweeper, and handlers of outbox messages (``OUTBOX_HANDLERS``)."""

from decimal import Decimal
from uuid import UUID

from celery import shared_task

from custom.models import OutboxMessage
from custom.outbox import external_effect
from payments import services


@external_effect
def capture(message: OutboxMessage) -> None:
    """Take the reserved money named by ``payment.capture``."""
    payload = message.payload
    services.carry_out_capture(UUID(payload["payment"]), Decimal(payload["amount"]))


@external_effect
def void(message: OutboxMessage) -> None:
    """Let go what the payment named by ``payment.void`` has reserved."""
    services.carry_out_void(UUID(message.payload["payment"]))


@external_effect
def refund(message: OutboxMessage) -> None:
    """Pay back what ``payment.refund`` names."""
    services.carry_out_refund(UUID(message.payload["refund"]))


@shared_task(name="payments.sweep_payments")
def sweep_payments() -> int:
    """Ask providers about payments whose answer is missing."""
    return services.sweep_payments()
