"""What the tests of this package run in processes of their own."""

import hashlib
from typing import Any

from django.test import override_settings

from custom import outbox
from custom.idempotency import RequestKey, run_once
from custom.locks import lock_named
from custom.models import NamedLock, OutboxMessage
from custom.transactions import run_in_transaction
from tests.child import tell


def count_up(times: int) -> None:
    """Raise a counter by reading and writing it, under a named lock."""

    def work() -> None:
        lock_named("counting")
        counter = NamedLock.objects.get(pk="counter")
        counter.taken += 1
        counter.save()

    for _ in range(times):
        run_in_transaction(work)


def make_once(maker: int) -> dict[str, Any]:
    """Make a row under a key that every caller uses."""
    name = hashlib.sha256(str(maker).encode()).hexdigest()[:8]

    def work() -> str:
        NamedLock.objects.create(name=name)
        return name

    key = RequestKey.of("one-key", caller="", endpoint="test.make", body={"a": 1})
    outcome = run_once(key, work)
    return {"made": outcome.made, "is_replay": outcome.is_replay}


def stop_midway(message: OutboxMessage) -> None:
    """Handle a message for ever."""
    tell(f"handling {message.pk}")
    while True:
        pass


def consume(message_id: int) -> None:
    """Consume a message with a handler that never ends."""
    handlers = {"test.stop": "tests.custom.racers.stop_midway"}
    with override_settings(OUTBOX_HANDLERS=handlers):
        outbox.consume(message_id)
