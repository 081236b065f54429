"""Handlers of outbox messages; named in ``OUTBOX_HANDLERS``."""

import uuid

from custom.models import OutboxMessage
from custom.outbox import external_effect
from notifications import services
from notifications.services import OrderMail


@external_effect
def send_order_confirmation(message: OutboxMessage) -> None:
    """Mail the buyer of the order in ``order.placed``."""
    _send(OrderMail.PLACED, message)


@external_effect
def send_order_shipped(message: OutboxMessage) -> None:
    """Mail the buyer what ``order.shipped`` says has left."""
    _send(OrderMail.SHIPPED, message)


@external_effect
def send_order_cancelled(message: OutboxMessage) -> None:
    """Mail the buyer what ``order.cancelled`` says will not come."""
    _send(OrderMail.CANCELLED, message)


@external_effect
def send_order_refunded(message: OutboxMessage) -> None:
    """Mail the buyer what ``order.refunded`` says is paid back."""
    _send(OrderMail.REFUNDED, message)


@external_effect
def send_low_stock(message: OutboxMessage) -> None:
    """Mail the partner's managers what ``stock.low`` says."""
    services.send_low_stock(
        stock_record_id=message.payload["stock_record"],
        num_free=message.payload["num_free"],
        threshold=message.payload["threshold"],
        message_id=message.public_id,
    )


def _send(kind: OrderMail, message: OutboxMessage) -> None:
    """Mail the buyer of the message's order about the message's event."""
    event = message.payload.get("event")
    services.send_order_mail(
        kind,
        order_id=uuid.UUID(message.payload["order"]),
        event_id=uuid.UUID(event) if event else None,
        message_id=message.public_id,
    )
