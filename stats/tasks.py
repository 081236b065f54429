"""What the scheduler and the outbox have stats do; each calls one service."""

from uuid import UUID

from celery import shared_task

from custom.models import OutboxMessage
from stats import services


@shared_task(name="stats.refresh")
def refresh() -> int:
    """Count the days anew whose ledgers have changed."""
    return services.refresh()


@shared_task(name="stats.count_baskets")
def count_baskets() -> int:
    """Count the baskets of the last days anew."""
    return services.count_open_baskets()


def follow_order(message: OutboxMessage) -> None:
    """Have the days of an order counted again."""
    services.mark_orders([UUID(message.payload["order"])])


def follow_import(message: OutboxMessage) -> None:
    """Have the days of orders of the past counted again."""
    services.mark_orders([UUID(order) for order in message.payload["orders"]])


def follow_payment(message: OutboxMessage) -> None:
    """Have the days counted again on which an order's money went back."""
    services.mark_refunds(UUID(message.payload["order"]))
