"""What the scheduler and the outbox have orders do; each calls one service."""

from uuid import UUID

from celery import shared_task

from custom.models import OutboxMessage
from orders import services


@shared_task(name="orders.expire_orders")
def expire_orders() -> int:
    """Give up unpaid orders whose time is over."""
    return services.expire_orders()


def follow_payments(message: OutboxMessage) -> None:
    """Bring the order named by ``payment.changed`` in step with its payments."""
    services.follow_payments(UUID(message.payload["order"]))


def claim_guest_orders(message: OutboxMessage) -> None:
    """Give an account the orders that were placed with its address before."""
    services.claim_guest_orders(UUID(message.payload["user"]))
