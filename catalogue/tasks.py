"""Celery tasks and handlers of messages; each calls one service."""

from celery import shared_task

from catalogue import services
from catalogue.models import ProductBulk
from custom.bulks import purge_answers
from custom.models import OutboxMessage
from custom.outbox import external_effect


@external_effect  # in transactions of its own, some changes in each
def number_product_changes(_message: OutboxMessage) -> None:
    """Number all changes there are, those of later messages included."""
    services.number_changes()


@shared_task(name="catalogue.follow_windows")
def follow_windows() -> int:
    """Show and hide products whose window has opened or closed."""
    return services.follow_windows()


@shared_task(name="catalogue.purge_bulks")
def purge_bulks() -> int:
    """Delete answers to bulks that nobody can repeat any more."""
    return purge_answers(ProductBulk)


@shared_task(name="catalogue.purge_tombstones")
def purge_tombstones() -> int:
    """Forget products that have been gone for long."""
    return services.purge_tombstones()
