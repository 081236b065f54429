"""Asks Redis whether one more request fits, and remembers its refusals."""

import os
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.signals import setting_changed
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from custom.limits.breaker import Breaker
from custom.limits.connection import Link, ReplyError
from custom.limits.ring import (
    GIVE_BACK,
    TAKE,
    Script,
    pack,
    packed_give_back,
    packed_take,
    ticks_of,
)
from custom.once import Once
from custom.rates import Rate

MAX_REFUSALS: Final = 10_000  # remembered by one process
# A refusal is asked for again after so many seconds: a reset reaches every process.
REFUSAL_SECONDS: Final = 1.0
_TAKE: Final = Script(TAKE, arguments=4)
_GIVE_BACK: Final = Script(GIVE_BACK, arguments=2)
_FORGOTTEN: Final = "NOSCRIPT"


class Window(NamedTuple):
    """One sliding window of one caller.

    The key names the rate, so that a changed rate begins afresh.
    """

    key: bytes
    rate: Rate


class Verdict(NamedTuple):
    """What a window says to one request.

    Attributes:
        wait: Seconds until a slot frees; 0 while all are free.
        moment: Identifies the slot that was taken; 0 if none was.
    """

    is_allowed: bool
    remaining: int
    wait: float
    moment: int


class Answer(NamedTuple):
    """Verdicts in the order of the windows, values in the order of the keys."""

    verdicts: list[Verdict]
    values: list[bytes | None]


class Limiter:
    """Exact sliding windows in one Redis, each check one round trip.

    Every method returns ``None`` when Redis has no answer: the caller then lets the
    request pass.
    """

    def __init__(self, link: Link, *, prefix: str, cooldown: float) -> None:
        """Use a link; ``cooldown`` is how many seconds a failed Redis is left alone."""
        self._link = link
        self._prefix = f"{prefix}:rate:1:"
        self._breaker = Breaker(cooldown)
        # Key -> when to ask again, when a slot frees; both of time.monotonic().
        self._refusals: dict[bytes, tuple[float, float]] = {}

    def window(self, scope: str, rate: Rate, ident: str) -> Window:
        """Return the window of one caller in one scope."""
        key = f"{self._prefix}{scope}:{rate.limit}:{rate.window}:{ident}"
        return Window(key.encode(), rate)

    @property
    def run_id(self) -> str:
        """Identify the run of Redis that has just answered this thread."""
        return self._link.run_id

    @property
    def outages(self) -> int:
        """Count how often Redis was given up."""
        return self._breaker.outages

    def take(self, window: Window) -> Verdict | None:
        """Take one slot if one is free; a refusal changes nothing."""
        if known := self._remembered(window):
            return known
        asked_at = time.monotonic()  # before Redis's clock is read: never too late
        replies = self.send((_TAKE.call(window.key, packed_take(window.rate, 1)),))
        if replies is None:
            return None
        if isinstance(replies[0], ReplyError):
            answer = self.ask([window])
            return answer and answer.verdicts[0]
        return self._judge(window, replies[0], asked_at)

    def take_and_send(
        self, window: Window, commands: Sequence[bytes]
    ) -> tuple[Verdict, list[Any]] | None:
        """Take a slot as ``take`` does, and bring the replies to packed commands.

        One trip. After a refusal that is remembered there are no replies.
        """
        if known := self._remembered(window):
            return known, []
        asked_at = time.monotonic()
        calls = [(window.key, packed_take(window.rate, 1))]
        replies = self._call(_TAKE, calls, commands)
        if replies is None:
            return None
        return self._judge(window, replies[0], asked_at), replies[1:]

    def take_all(self, windows: Sequence[Window]) -> list[Verdict] | None:
        """Take a slot in every window, or in none if one of them refuses."""
        answer = self.ask(windows)
        if answer is None:
            return None
        verdicts = answer.verdicts
        if not all(verdict.is_allowed for verdict in verdicts):
            self._call(
                _GIVE_BACK,
                [
                    (window.key, packed_give_back(window.rate, verdict.moment))
                    for window, verdict in zip(windows, verdicts, strict=True)
                    if verdict.is_allowed
                ],
            )
        return verdicts

    def look(self, windows: Sequence[Window]) -> list[Verdict] | None:
        """Tell how windows stand, and change nothing."""
        answer = self.ask(windows, cost=0)
        return answer and answer.verdicts

    def ask(
        self, windows: Sequence[Window], *, cost: int = 1, reads: Sequence[bytes] = ()
    ) -> Answer | None:
        """Ask every window, and read plain keys, in one round trip.

        Args:
            windows: Each is asked by itself: one may refuse what another allows.
            cost: 1 takes a slot, 0 only looks.
            reads: Names of keys as Redis has them; for bodies kept in the same Redis.
        """
        asked_at = time.monotonic()
        calls = [(window.key, packed_take(window.rate, cost)) for window in windows]
        replies = self._call(_TAKE, calls, [pack(b"GET", key) for key in reads])
        if replies is None:
            return None
        verdicts = [
            self._judge(window, reply, asked_at)
            for window, reply in zip(windows, replies, strict=False)
        ]
        return Answer(verdicts, replies[len(windows) :])

    def forget(self, windows: Sequence[Window]) -> bool:
        """Empty windows; other processes notice within ``REFUSAL_SECONDS``."""
        for window in windows:
            self._refusals.pop(window.key, None)
        return self.send([pack(b"DEL", window.key) for window in windows]) is not None

    def send(self, commands: Sequence[bytes]) -> list[Any] | None:
        """Send packed commands in one trip, unless Redis is being left alone."""
        return self.insist(commands) if self._breaker.admits() else None

    def insist(self, commands: Sequence[bytes]) -> list[Any] | None:
        """Send as ``send`` does, even while Redis is being left alone."""
        try:
            replies = self._link.exchange(commands)
            for reply in replies:
                if isinstance(reply, ReplyError) and not _is_forgotten(reply):
                    raise reply  # read-only, or out of memory
        except (RedisError, ReplyError, OSError) as error:
            is_timeout = isinstance(error, RedisTimeoutError | TimeoutError)
            self._breaker.failed(error, is_timeout=is_timeout)
            return None
        self._breaker.succeeded()
        return replies

    def _call(
        self,
        script: Script,
        calls: Sequence[tuple[bytes, bytes]],
        others: Sequence[bytes] = (),
    ) -> list[Any] | None:
        """Call a script on keys, with packed arguments, and send other commands.

        One trip; a second one where Redis has forgotten the script.
        """
        commands = [script.call(key, arguments) for key, arguments in calls]
        commands += others
        if not commands:
            return []
        replies = self.send(commands)
        if replies is None:
            return None
        forgotten = [
            place for place, one in enumerate(replies) if isinstance(one, ReplyError)
        ]
        if forgotten:
            again = self.send([script.call_whole(*calls[place]) for place in forgotten])
            if again is None:
                return None
            for place, reply in zip(forgotten, again, strict=True):
                replies[place] = reply
        return replies

    def _remembered(self, window: Window) -> Verdict | None:
        """Return a refusal that still holds, and forget one that does not."""
        known = self._refusals.get(window.key)
        if known is None:
            return None
        now = time.monotonic()
        if now < known[0]:
            return Verdict(False, 0, known[1] - now, 0)
        self._refusals.pop(window.key, None)
        return None

    def _judge(self, window: Window, reply: list[int], asked_at: float) -> Verdict:
        """Read a reply; remember a refusal for as long as nothing can free a slot."""
        allowed, remaining, ticks, moment = reply
        _, tick = ticks_of(window.rate)
        wait = ticks * tick / 1_000_000
        if not allowed:
            if len(self._refusals) >= MAX_REFUSALS:
                self._refusals.clear()
            until = asked_at + wait
            self._refusals[window.key] = (min(until, asked_at + REFUSAL_SECONDS), until)
        return Verdict(bool(allowed), remaining, wait, moment)


def _is_forgotten(reply: ReplyError) -> bool:
    """Tell a lost script, which can be sent again, from a failure of the server."""
    return str(reply).startswith(_FORGOTTEN)


@Once
def get_limiter() -> Limiter:
    """Return this process's limiter, as the settings want it."""
    options = settings.RATE_STORE
    link = Link(
        options["URL"],
        connect_timeout=options["CONNECT_TIMEOUT"],
        timeout=options["TIMEOUT"],
    )
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    return Limiter(link, prefix=prefix, cooldown=options["COOLDOWN"])


def _forget(*, setting: str, **_signal: object) -> None:
    """Build another limiter when a test has changed the settings."""
    if setting in ("RATE_STORE", "CACHES"):
        get_limiter.cache_clear()


setting_changed.connect(_forget)
# A fork must not share sockets, whose replies would go to either, nor a taken lock.
os.register_at_fork(after_in_child=get_limiter.cache_clear)
