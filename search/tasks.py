"""Celery tasks and handlers of messages; each calls one service."""

from celery import shared_task

from custom.models import OutboxMessage
from custom.outbox import external_effect
from search.services import follow_changes, purge_fruitless


@external_effect
def follow_product_changes(_message: OutboxMessage) -> None:
    """Bring the index up to all changes, those of later messages included."""
    follow_changes()


@shared_task(name="search.purge_fruitless_queries")
def purge_fruitless_queries() -> int:
    """Delete queries without results that tell nothing any more."""
    return purge_fruitless()
