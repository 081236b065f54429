"""When what public pages show has last changed.

One Redis hash. ``n`` counts the changes, each tag has the ``n`` of its last one, and a
body is good while none of its tags has a higher number than ``n`` had when its
rendering began. ``epoch`` is random, and new whenever the hash is.
"""

import os
import secrets
import threading
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import structlog
from django.conf import settings
from django.core.signals import setting_changed
from django.db import transaction

from custom import outbox
from custom.limits.limiter import Limiter, get_limiter
from custom.limits.ring import pack
from custom.once import Once
from custom.transactions import transactional

logger = structlog.get_logger(__name__)

TOPIC: Final = "page.changed"
EVERYTHING: Final = "everything"  # a tag of every page
MAX_TAGS: Final = 500  # raised one by one; more are everything
# Numbered tags share so many fields, so that the hash stays below 10 MB. Two that
# share one are raised together.
SLOTS: Final = 2**16
# KEYS[1]; ARGV: fields, with blanks between them; an epoch, should there be none.
_RAISE: Final = b"""
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[2])
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
for field in string.gmatch(ARGV[1], '%S+') do redis.call('HSET', KEYS[1], field, n) end
return n
"""


class Moment(NamedTuple):
    """How far the changes had come when something was asked for.

    Attributes:
        generation: The memory of Redis that has counted them.
        n: How many there had been.
    """

    generation: str
    n: int


class Versions:
    """The hash, and what this process still owes it.

    Who could not raise a version, or has given Redis up for a while, cannot know what
    others have missed meanwhile: before it reads a body again it raises everything.
    """

    def __init__(self, limiter: Limiter, *, prefix: str) -> None:
        self._limiter = limiter
        self._key = f"{prefix}:page:versions".encode()
        self._lock = threading.Lock()
        self._failures = 0
        self._settled = limiter.outages

    def raise_tags(self, tags: Iterable[str]) -> bool:
        """Let no body that shows one of these be served again; one trip.

        Tried even while Redis is being left alone.
        """
        if self._limiter.insist([self._raising(tags)]) is not None:
            return True
        with self._lock:
            self._failures += 1
        logger.warning("pages_not_raised")
        return False

    def settle(self) -> bool:
        """Tell whether bodies may be read; raise everything first if that is owed."""
        owed = self._failures + self._limiter.outages
        if owed == self._settled:
            return True
        if self._limiter.send([self._raising([EVERYTHING])]) is None:
            return False
        self._settled = owed
        return True

    def count(self) -> int | None:
        """Return how many changes there have been; None without Redis."""
        replies = self._limiter.send([self.reading(())])
        return None if replies is None else int(replies[0][0] or 0)

    def reading(self, fields: Sequence[str]) -> bytes:
        """Return the command that reads ``n``, the epoch, and fields."""
        names = (field.encode() for field in fields)
        return pack(b"HMGET", self._key, b"n", b"epoch", *names)

    def errands(self) -> Sequence[bytes]:
        """Return what to send to learn the moment; nothing while it would not do."""
        return (self.reading(()),) if self.settle() else ()

    def moment(self, reply: Sequence[bytes | None]) -> Moment | None:
        """Read what ``reading`` has brought this thread; begin the hash if need be."""
        n, epoch, *_ = reply
        if n is None or epoch is None:
            self._limiter.send(self.beginning())
            return None
        return Moment(f"{self._limiter.run_id}:{epoch.decode()}", int(n))

    def beginning(self) -> list[bytes]:
        """Return the commands that make the hash, where there is none."""
        return [
            pack(b"HSETNX", self._key, b"n", b"0"),
            pack(b"HSETNX", self._key, b"epoch", _new_epoch()),
        ]

    def _raising(self, tags: Iterable[str]) -> bytes:
        fields = " ".join(sorted({field_of(tag) for tag in tags})).encode()
        return pack(b"EVAL", _RAISE, b"1", self._key, fields, _new_epoch())


@transactional
def announce(tags: Iterable[str]) -> None:
    """Have pages that show these things rendered anew once this is committed.

    They are raised right after the commit, and again by the outbox, should this
    process not live to do it; 1 statement.
    """
    if named := few(tags):
        outbox.publish(TOPIC, {"tags": named})
        raise_on_commit(named)


def few(tags: Iterable[str]) -> list[str]:
    """Return tags in order, each once; everything in place of very many."""
    named = sorted(set(tags))
    return [EVERYTHING] if len(named) > MAX_TAGS else named


def raise_on_commit(tags: Iterable[str]) -> None:
    """Raise tags right after the commit; for what a body may be late with, once."""
    named = tuple(tags)
    if named:
        transaction.on_commit(lambda: _raise(named), robust=True)


def field_of(tag: str) -> str:
    """Return the field of a tag: ``product-65541`` has the same as ``product-5``."""
    kind, _, number = tag.rpartition("-")
    return f"{kind}-{int(number) % SLOTS}" if kind and number.isdecimal() else tag


def _raise(tags: Sequence[str]) -> None:
    get_versions().raise_tags(tags)


def _new_epoch() -> bytes:
    return secrets.token_hex(8).encode()


@Once
def get_versions() -> Versions:
    """Return this process's view of the versions."""
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    return Versions(get_limiter(), prefix=prefix)


def _forget(*, setting: str, **_signal: Any) -> None:  # noqa: ANN401
    if setting in ("RATE_STORE", "CACHES"):
        get_versions.cache_clear()


setting_changed.connect(_forget)
os.register_at_fork(after_in_child=get_versions.cache_clear)
