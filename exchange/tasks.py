"""What the scheduler and the outbox have the exchange do; each calls one service."""

from uuid import UUID

from celery import shared_task

from custom import outbox
from custom.models import OutboxMessage
from exchange import services


@outbox.external_effect  # its transactions are its own, one for each chunk
def advance_import(message: OutboxMessage) -> None:
    """Check or apply the next rows of an import."""
    services.advance(UUID(message.payload["import"]))


@shared_task(name="exchange.purge_imports")
def purge_imports() -> int:
    """Delete imports of long ago."""
    return services.purge_imports()
