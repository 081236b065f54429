"""Requests that may be sent again: carried out once, answered every time.

The key's row is the first statement of the very transaction that does the work, so
both are kept or neither is. See docs/decisions/0006-idempotency.md.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from custom.errors import ConflictError, InvalidError
from custom.models import IdempotencyKey
from custom.prepared_writes import PreparedInsert
from custom.purging import purge_in_batches
from custom.transactions import (
    DUPLICATE_KEY,
    LOCK_WAIT_TIMEOUT,
    error_number,
    is_transaction_open,
    lock_wait,
    run_in_transaction,
)

HOLDER_SECONDS = 1  # how long a second request waits for the first
ROUNDS = 3  # the holder of a key may fail between the collision and the look-up
PURGE_BATCH = 500  # rows in one transaction
_INSERT = PreparedInsert(IdempotencyKey)
_SALT = "custom.idempotency.fingerprint"


class KeyReusedError(InvalidError):
    """The key belongs to a request with another body."""

    code = "idempotency-key-reused"
    title = "Idempotency key used for another request"


class KeyInProgressError(ConflictError):
    """The first request with this key is still running."""

    code = "idempotency-in-progress"
    title = "Request still in progress"
    retry_after: ClassVar[int] = 1  # seconds


class _KeyTakenError(Exception):
    """Some transaction has stored this key already."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What makes two requests the same one.

    Attributes:
        caller: Whose key it is; empty when only the key itself tells.
        endpoint: What the request asks for, ``order.place``.
        key_digest: SHA-256 of the key, in hexadecimal.
        fingerprints: Keyed digests of the body, by the present secret and then by
            each former one.
    """

    caller: str
    endpoint: str
    key_digest: str
    fingerprints: tuple[str, ...]

    @classmethod
    def of(cls, key: str, *, caller: str, endpoint: str, body: object) -> Self:
        """Digest a key and a parsed body; the order of an object's names is ignored."""
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), default=str)
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return cls(
            caller=caller,
            endpoint=endpoint,
            key_digest=hashlib.sha256(key.encode()).hexdigest(),
            fingerprints=tuple(
                salted_hmac(_SALT, text, secret=each, algorithm="sha256").hexdigest()
                for each in secrets
            ),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a request came to.

    Attributes:
        made: Id of what it made, from which the answer is rendered.
        is_replay: It had been made before; nothing was done this time.
    """

    made: str
    is_replay: bool


def run_once(
    request_key: RequestKey, work: Callable[[], str], *, makes: str = ""
) -> Outcome:
    """Do the work in one transaction with its key, unless the key was used before.

    Args:
        request_key: Who asks for what.
        work: As for ``run_in_transaction``; returns the id of what it made, at most
            64 characters. What it raises leaves the key free.
        makes: That id, when it is known before: saves one statement.

    Raises:
        KeyReusedError: The key was used with another body.
        KeyInProgressError: Another request holds the key for more than a second.
        RuntimeError: A transaction is open, which a refused key would break.
    """
    if is_transaction_open():
        msg = "run_once() owns its transaction and cannot join another"
        raise RuntimeError(msg)
    for _ in range(ROUNDS):
        try:
            made = run_in_transaction(
                lambda: _claim_and_work(request_key, work, makes), replayable=True
            )
        except _KeyTakenError:
            found = run_in_transaction(lambda: _find(request_key), replayable=True)
            if found is None:
                continue
            if found.fingerprint not in request_key.fingerprints:
                msg = "This idempotency key was used with another request body."
                raise KeyReusedError(msg) from None
            return Outcome(found.made, is_replay=True)
        return Outcome(made, is_replay=False)
    raise _in_progress()


def run_once_if_keyed(
    request_key: RequestKey | None, work: Callable[[], str], *, makes: str = ""
) -> Outcome:
    """Do the work as ``run_once`` does, or each time where a request has no key."""
    if request_key is None:
        return Outcome(run_in_transaction(work), is_replay=False)
    return run_once(request_key, work, makes=makes)


def purge_keys() -> int:
    """Delete keys older than ``IDEMPOTENCY_KEY_HOURS``, some at a time; count them."""
    return purge_in_batches(expired_keys(), batch=PURGE_BATCH)


def expired_keys() -> QuerySet[IdempotencyKey]:
    """Return the keys nobody can use any more, the oldest first."""
    limit = timezone.now() - timedelta(hours=settings.IDEMPOTENCY_KEY_HOURS)
    return IdempotencyKey.objects.created_before(limit).order_by("created_at")


def _claim_and_work(
    request_key: RequestKey, work: Callable[[], str], makes: str
) -> str:
    """Store the key, then do what it stands for."""
    row = _claim(request_key, makes)
    made = work()
    if made != makes:
        row.made = made
        row.save(update_fields=["made"])
    return made


def _claim(request_key: RequestKey, makes: str) -> IdempotencyKey:
    """Insert the key's row, waiting a moment for another holder; 1 statement."""
    row = IdempotencyKey(
        caller=request_key.caller,
        endpoint=request_key.endpoint,
        key_digest=request_key.key_digest,
        fingerprint=request_key.fingerprints[0],
        made=makes,
    )
    try:
        with lock_wait(HOLDER_SECONDS):
            _INSERT([row])
    except IntegrityError as error:
        if error_number(error) == DUPLICATE_KEY:
            raise _KeyTakenError from error
        raise
    except OperationalError as error:
        if error_number(error) == LOCK_WAIT_TIMEOUT:
            raise _in_progress() from error
        raise
    return row


def _find(request_key: RequestKey) -> IdempotencyKey | None:
    return IdempotencyKey.objects.of_request(
        request_key.caller, request_key.endpoint, request_key.key_digest
    ).first()


def _in_progress() -> KeyInProgressError:
    return KeyInProgressError("The first request with this key is still running.")
