"""Handlers of outbox messages; named in ``OUTBOX_HANDLERS``."""

import uuid

from custom.models import OutboxMessage
from custom.outbox import external_effect
from notifications import services


@external_effect
def send_order_confirmation(message: OutboxMessage) -> None:
    """Mail the buyer of the order in ``order.placed``."""
    services.send_order_confirmation(
        order_id=uuid.UUID(message.payload["order"]), message_id=message.public_id
    )
