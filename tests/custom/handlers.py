"""What the outbox of this package's tests calls."""

from custom.models import NamedLock, OutboxMessage
from custom.outbox import external_effect

SENT: list[tuple[int, str]] = []  # attempt and state at each external effect


class BrokenError(Exception):
    """An effect that failed."""


def make_lock(message: OutboxMessage) -> None:
    """Store a row."""
    NamedLock.objects.create(name=message.payload["name"])


def make_lock_and_fail(message: OutboxMessage) -> None:
    """Store a row, then fail."""
    make_lock(message)
    text = "secret@example.com"
    raise BrokenError(text)


@external_effect
def send(message: OutboxMessage) -> None:
    """Note what others see of the message while it is sent."""
    seen = OutboxMessage.objects.get(pk=message.pk)
    SENT.append((seen.attempts, seen.state))
