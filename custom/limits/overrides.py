"""Rates of single accounts, as staff have set them; no request queries for them.

The table is small. Whoever changes it, and the scheduler each minute, writes it to the
Redis of the limits; processes read it there every few seconds. Without Redis there is
no table, and no limit either.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from custom.limits.limiter import get_limiter
from custom.limits.ring import pack
from custom.rates import Rate

Override = tuple[int, str, Rate]  # account, scope, and its rate there
REFRESH_SECONDS: Final = 5.0
Table = dict[tuple[str, str], Rate]


class OverrideTable:
    """The table as this process last read it."""

    def __init__(self) -> None:
        self._rates: Table = {}
        self._read_at: float | None = None
        self._lock = threading.Lock()

    def rate(self, user_pk: object, scope: str) -> Rate | None:
        """Return the rate of an account in a scope, None for the usual one.

        Every few seconds, one round trip to Redis.
        """
        now = time.monotonic()
        if self._read_at is None or now - self._read_at > REFRESH_SECONDS:
            self._refresh(now)
        return self._rates.get((str(user_pk), scope))

    def _refresh(self, now: float) -> None:
        """Read the table again; one thread does, the others use what they have."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._read_at = now
            answer = get_limiter().ask([], reads=[table_key()])
            if answer is not None:
                self._rates = _load(answer.values[0] or b"{}")
        finally:
            self._lock.release()


@cache
def _table() -> OverrideTable:
    return OverrideTable()


def rate_of_user(user_pk: object, scope: str) -> Rate | None:
    """Return the rate that staff gave an account, None for the usual one."""
    return _table().rate(user_pk, scope)


def publish_overrides() -> int:
    """Write the table to Redis; returns how many rates it has. One query a source.

    Sources are tried in the order of ``RATE_OVERRIDES``: the first one that knows an
    account and a scope decides.
    """
    table: dict[str, dict[str, Rate]] = {}
    for path in settings.RATE_OVERRIDES:
        source: Callable[[], Iterable[Override]] = import_string(path)
        for user_pk, scope, rate in source():
            table.setdefault(str(user_pk), {}).setdefault(scope, rate)
    body = json.dumps(table, separators=(",", ":")).encode()
    get_limiter().send([pack(b"SET", table_key(), body)])
    _table.cache_clear()
    return sum(map(len, table.values()))


def table_key() -> bytes:
    """Return the name of the table in Redis."""
    return f"{settings.CACHES['default']['KEY_PREFIX']}:rates:1".encode()


def _load(body: bytes) -> Table:
    return {
        (user_pk, scope): Rate(*rate)
        for user_pk, by_scope in json.loads(body).items()
        for scope, rate in by_scope.items()
    }


def _forget(*, setting: str, **_signal: Any) -> None:  # noqa: ANN401
    if setting in ("RATE_STORE", "CACHES"):
        _table.cache_clear()


setting_changed.connect(_forget)
