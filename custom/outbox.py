"""Effects that must follow a commit: stored with it, carried out after it.

The table is the truth and the broker only a doorbell: a message whose ringing is lost
is rung for again. See docs/decisions/0007-outbox.md.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from structlog.contextvars import bound_contextvars, get_contextvars

from custom.models import OutboxMessage
from custom.prepared_writes import PreparedInsert
from custom.purging import purge_in_batches
from custom.transactions import run_in_transaction, transactional

logger = structlog.get_logger(__name__)

MAX_ATTEMPTS = 12  # over about four hours; then somebody has to look
LEASE = timedelta(minutes=2)  # a consumer silent for longer is taken for dead
RING_AGAIN = timedelta(seconds=30)  # a doorbell nobody answered
FIRST_DELAY = timedelta(seconds=5)  # doubled by every attempt
LONGEST_DELAY = timedelta(hours=1)
KEEP_DONE = timedelta(days=7)
BATCH = 500  # messages in one statement

_INSERT = PreparedInsert(OutboxMessage)
Handler = Callable[[OutboxMessage], None]
H = TypeVar("H", bound=Handler)


def publish(topic: str, payload: dict[str, object]) -> None:
    """Store what happened, once for each handler of its topic.

    The messages exist only if the caller's transaction commits, and each goes its own
    way: a handler that fails keeps no other from its work.

    Args:
        topic: A key of ``OUTBOX_HANDLERS``, ``order.placed``.
        payload: JSON-safe; ids rather than values, and nothing secret.

    Raises:
        KeyError: The topic is unknown.
        RuntimeError: No transaction is open.
    """
    publish_all(topic, [payload])


def publish_all(topic: str, payloads: Sequence[dict[str, object]]) -> None:
    """Store many events of one topic; one statement, none if nobody listens."""
    if not transaction.get_connection().in_atomic_block:
        msg = "publish() must run inside the transaction it reports on"
        raise RuntimeError(msg)
    request_id = get_contextvars().get("request_id") or ""
    _INSERT(
        [
            OutboxMessage(
                topic=topic, handler=path, payload=payload, request_id=request_id
            )
            for payload in payloads
            for path in handlers_of(topic)
        ]
    )


def handlers_of(topic: str) -> tuple[str, ...]:
    """Return the dotted paths of a topic's handlers.

    Raises:
        KeyError: The topic is unknown.
    """
    paths: str | tuple[str, ...] = settings.OUTBOX_HANDLERS[topic]
    return (paths,) if isinstance(paths, str) else tuple(paths)


def external_effect(handler: H) -> H:
    """Mark a handler whose effect leaves the database, like a mail.

    It runs outside any transaction and *before* its message is marked done, so a crash
    in between repeats it. Other handlers run in the transaction that marks the
    message, so their effect is kept exactly once.
    """
    handler.is_external_effect = True  # type: ignore[attr-defined]
    return handler


def relay(ring: Callable[[int], object]) -> int:
    """Ring for every message that is due, and put its next ringing off.

    Args:
        ring: Tells some consumer an id; losing a ring or repeating it is harmless.

    Returns:
        Number of rings.
    """
    rung = 0
    while True:
        now = timezone.now()
        due = OutboxMessage.objects.due(now)
        pks = list(due.values_list("pk", flat=True)[:BATCH])
        run_in_transaction(partial(_put_off, pks, now), replayable=True)
        for pk in pks:
            ring(pk)
        rung += len(pks)
        if len(pks) < BATCH:
            return rung


def consume(message_id: int) -> None:
    """Carry out one message, unless it is done, parked or in other hands.

    The attempt is counted and committed first, so that a message that kills its
    consumer is parked in the end. A failure is logged and tried again later.
    """
    consumer = uuid.uuid4().hex
    message = run_in_transaction(lambda: _claim(message_id, consumer))
    if message is None:
        return
    with bound_contextvars(request_id=message.request_id or str(message.public_id)):
        _attempt(message)


def _attempt(message: OutboxMessage) -> None:
    """Carry a claimed message out, or give it back for a later attempt."""
    try:
        _carry_out(message)
    except Exception as error:
        logger.exception(
            "outbox_attempt_failed",
            topic=message.topic,
            message_id=message.pk,
            attempt=message.attempts,
        )
        failure = type(error).__name__  # its text may hold something personal
        run_in_transaction(lambda: _postpone(message, failure), replayable=True)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the outbox still has to do.

    Attributes:
        pending: Number of messages that are neither done nor parked.
        oldest_age: Time since the oldest of them was published.
        overdue: How long some message has been due and not carried out.
        parked: Number of messages that somebody has to look at.
    """

    pending: int
    oldest_age: timedelta
    overdue: timedelta
    parked: int


def backlog() -> Backlog:
    """Count what is left to do; 1 query along an index."""
    now = timezone.now()
    of = OutboxMessage.objects.backlog()
    oldest, first_due = of["oldest"] or now, of["first_due"] or now
    return Backlog(
        pending=of["pending"],
        oldest_age=max(now - oldest, timedelta()),
        overdue=max(now - first_due, timedelta()),
        parked=of["parked"],
    )


@transactional
def resend(pks: Sequence[int]) -> int:
    """Let messages be tried anew, and at once, as often as new ones; count them.

    What is done stays done, and what a consumer works on stays in its hands.
    """
    now = timezone.now()
    return OutboxMessage.objects.filter(pk__in=pks).resendable(now).renew(now)


def purge() -> int:
    """Delete messages done for a week, some at a time; count them."""
    old = OutboxMessage.objects.done_before(timezone.now() - KEEP_DONE)
    return purge_in_batches(old.order_by("done_at"), batch=BATCH)


def _put_off(pks: list[int], now: datetime) -> None:
    """Let these messages be due again later, whatever becomes of this ringing."""
    due = OutboxMessage.objects.pending().filter(pk__in=pks, next_at__lte=now)
    due.update(next_at=now + RING_AGAIN)


def _claim(message_id: int, consumer: str) -> OutboxMessage | None:
    """Count an attempt and take the message, or park it; None if it is not ours."""
    now = timezone.now()
    one = OutboxMessage.objects.filter(pk=message_id)
    worn_out = one.unclaimed(now).filter(attempts__gte=MAX_ATTEMPTS)
    if worn_out.update(state=OutboxMessage.State.DEAD, claimed_until=None):
        logger.error("outbox_message_parked", message_id=message_id)
        return None
    if not one.claim(consumer, now=now, until=now + LEASE):
        return None
    return one.get()


def _carry_out(message: OutboxMessage) -> None:
    """Do what the message's handler does, and mark the message done."""
    handler: Handler = import_string(_handler_path(message))
    if getattr(handler, "is_external_effect", False):
        handler(message)
        run_in_transaction(lambda: _finish(message), replayable=True)
        return

    def effect() -> None:
        if _finish(message):  # locks the row: no other consumer gets past it
            handler(message)

    run_in_transaction(effect, replayable=True)


def _handler_path(message: OutboxMessage) -> str:
    """Return the path of a message's handler, if its topic still has it."""
    paths = handlers_of(message.topic)
    path = message.handler or paths[0]  # a release that knew one a topic named none
    if path not in paths:
        msg = f"{message.topic} has no handler {path} any more"
        raise LookupError(msg)
    return path


def _finish(message: OutboxMessage) -> bool:
    """Mark a message done; false if its lease ran out and somebody else has it."""
    held = OutboxMessage.objects.held(message.pk, message.claimed_by)
    return bool(
        held.update(
            state=OutboxMessage.State.DONE,
            done_at=timezone.now(),
            claimed_until=None,
            last_error="",
        )
    )


def _postpone(message: OutboxMessage, failure: str) -> None:
    """Give a message back for a later attempt, or park it after the last one."""
    held = OutboxMessage.objects.held(message.pk, message.claimed_by)
    if message.attempts >= MAX_ATTEMPTS:
        held.update(
            state=OutboxMessage.State.DEAD, claimed_until=None, last_error=failure
        )
        logger.error("outbox_message_parked", message_id=message.pk)
        return
    delay = min(FIRST_DELAY * 2**message.attempts, LONGEST_DELAY)
    held.update(
        claimed_by="",
        claimed_until=None,
        next_at=timezone.now() + delay,
        last_error=failure,
    )
