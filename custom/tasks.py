"""Celery tasks of the kernel; each calls one function."""

from uuid import UUID

from celery import shared_task

from custom import idempotency, outbox
from custom.history import pruning, undoing
from custom.limits import overrides
from custom.models import OutboxMessage
from custom.privacy import retention


@shared_task(name="custom.consume_message")
def consume_message(message_id: int) -> None:
    """Carry out one message of the outbox."""
    outbox.consume(message_id)


@shared_task(name="custom.relay_outbox")
def relay_outbox() -> int:
    """Ring for every message that is due."""
    # Without retry a dead broker fails this run at once; the messages stay due.
    return outbox.relay(lambda pk: consume_message.apply_async((pk,), retry=False))


@shared_task(name="custom.purge_outbox")
def purge_outbox() -> int:
    """Delete old messages that are done."""
    return outbox.purge()


@shared_task(name="custom.purge_idempotency_keys")
def purge_idempotency_keys() -> int:
    """Delete idempotency keys nobody can use any more."""
    return idempotency.purge_keys()


@shared_task(name="custom.purge_history")
def purge_history() -> int:
    """Delete versions nobody needs any more."""
    return pruning.prune()


@outbox.external_effect  # its transactions are its own, one for each piece
def advance_undo(message: OutboxMessage) -> None:
    """Undo the next rows of a step of the history."""
    undoing.advance_undo(UUID(message.payload["batch"]))


@shared_task(name="custom.publish_rates")
def publish_rates() -> int:
    """Write the rates of single accounts to a Redis that may have lost them."""
    return overrides.publish_overrides()


@shared_task(name="custom.apply_retention")
def apply_retention() -> int:
    """End what is kept no longer, but for what has a task of its own."""
    return retention.apply_retention()
