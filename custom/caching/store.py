"""Reads bodies, keeps them, and lets one request of many render.

Bodies lie beside the windows of the rate limits, in a Redis that evicts nothing. What
bounds them is a budget: within each ``CACHE_SECONDS`` at most ``CACHE_BYTES`` are
added, and none lives longer than that, so there are never more than twice as many. A
page that is rendered anew has the room of its former body, and its life. Half of the
budget is for pages without parameters, of which there are as many as the shop has; the
other half is for the rest, as many as anybody thinks of.
"""

import os
import time
from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.core.signals import setting_changed

from custom.caching.bodies import Body
from custom.caching.pages import Page
from custom.caching.versions import EVERYTHING, Versions, get_versions
from custom.limits.limiter import Limiter, get_limiter
from custom.limits.ring import pack
from custom.once import Once

LEASE: Final = 1.0  # seconds in which who renders should be ready, and others wait
FIRST_PAUSE: Final = 0.002  # seconds
LONGEST_PAUSE: Final = 0.02
SHORTEST: Final = 0.001  # seconds, of what Redis can end
PLAIN: Final = "plain"  # pages without parameters
ASKED: Final = "asked"  # those with some
KINDS: Final = (PLAIN, ASKED)  # equal parts of the budget
MAX_KNOWN: Final = 10_000  # pages whose tags one process remembers
_TAKEN: Final = b"rendering"
_NOT_KEPT: Final = b"not-kept"  # what was rendered: a 404, a page that is too large


class PageStore:
    """The bodies of pages in one Redis. Without Redis it knows none."""

    def __init__(self, limiter: Limiter, versions: Versions, *, prefix: str) -> None:
        self._limiter = limiter
        self._versions = versions
        self._prefix = f"{prefix}:page:"
        # Name of a page -> what it showed last, so that one trip reads all of that.
        self._known: dict[str, tuple[str, ...]] = {}

    def knows(self, page: Page) -> bool:
        """Tell whether this process has met the page as one that is kept."""
        return page.name in self._known

    def errands(self, page: Page) -> Sequence[bytes]:
        """Return what to send for a page; nothing while bodies cannot be trusted."""
        if not self._versions.settle():
            return ()
        page.fields = self._known.get(page.name, (EVERYTHING,))
        return self._versions.reading(page.fields), pack(b"GET", self._body(page))

    def find(self, page: Page, replies: Sequence[Any] | None) -> Body | None:
        """Read the replies to a page's errands; None if there is no good body.

        One more trip where this process has not known what the page shows.
        """
        if not replies:
            return None
        told, kept = replies
        moment = self._versions.moment(told)
        if moment is None:
            return None
        page.generation, page.n = moment
        if kept is None:
            return None
        page.old_size = len(kept)
        numbers = told[2:]
        body = Body.unpack(kept)
        if body.fields != page.fields:
            self._remember(page, body.fields)
            answer = self._limiter.send([self._versions.reading(body.fields)])
            if answer is None:
                return None
            _, _, *numbers = answer[0]
        is_good = body.generation == page.generation and all(
            number is None or int(number) <= body.n for number in numbers
        )
        return body if is_good else None

    def await_turn(self, page: Page) -> Body | None:
        """Return what another request renders meanwhile, or None: it is our turn.

        What others began to render after this request came is as good as its own.
        Who waits does so for ``LEASE`` at most, whatever becomes of who renders.
        """
        deadline = time.monotonic() + LEASE
        pause = FIRST_PAUSE
        body, turn = self._body(page), self._turn(page)
        lease = b"%d" % (LEASE * 1000)
        commands = [
            pack(b"GET", body),
            pack(b"SET", turn, _TAKEN, b"NX", b"PX", lease),
            pack(b"GET", turn),
            pack(b"GET", self._room(_kind_of(page))),
            pack(b"PTTL", body),
        ]
        while True:
            replies = self._limiter.send(commands)
            if replies is None:
                return None
            kept, taken, state, used, left = replies
            page.has_turn = taken is not None
            page.left = max(left, 0)  # negative: there is none
            share = settings.CACHE_BYTES / len(KINDS)
            page.has_room = page.left > 0 or int(used or 0) < share
            other = Body.unpack(kept) if kept is not None else None
            if other and other.generation == page.generation and other.n >= page.n:
                self.end_turn(page)
                return other
            if page.has_turn or state == _NOT_KEPT or time.monotonic() > deadline:
                return None
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def keep(self, page: Page, body: Body, seconds: float) -> None:
        """Keep a body for others, and end the turn; one trip."""
        if not page.has_room or seconds < SHORTEST:
            self.end_turn(page, is_kept=False)
            return
        self._remember(page, body.fields)
        packed, room = body.pack(), self._room(_kind_of(page))
        added = b"%d" % (len(packed) - (page.old_size if page.left else 0))
        ends = b"%d" % (2 * settings.CACHE_SECONDS)
        longest = page.left or settings.CACHE_SECONDS * 1000
        lives = b"%d" % min(seconds * 1000, longest)
        self._limiter.send(
            [
                pack(b"SET", self._body(page), packed, b"PX", lives),
                pack(b"INCRBY", room, added),
                pack(b"EXPIRE", room, ends),
                pack(b"DEL", self._turn(page)),
            ]
        )
        page.has_turn = False

    def end_turn(self, page: Page, *, is_kept: bool = True) -> None:
        """Let others go on: with the body that is kept, or each by itself."""
        if not page.has_turn:
            return
        page.has_turn = False
        turn = self._turn(page)
        lease = b"%d" % (LEASE * 1000)
        command = (
            pack(b"DEL", turn)
            if is_kept
            else pack(b"SET", turn, _NOT_KEPT, b"PX", lease)
        )
        self._limiter.send([command])

    def used_bytes(self) -> int | None:
        """Return what was added in this span of the budget; None without Redis."""
        rooms = [pack(b"GET", self._room(kind)) for kind in KINDS]
        replies = self._limiter.send(rooms)
        return None if replies is None else sum(int(used or 0) for used in replies)

    def _remember(self, page: Page, fields: tuple[str, ...]) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[page.name] = fields

    def _body(self, page: Page) -> bytes:
        return f"{self._prefix}body:{page.name}".encode()

    def _turn(self, page: Page) -> bytes:
        return f"{self._prefix}turn:{page.name}".encode()

    def _room(self, kind: str) -> bytes:
        """Return where the bytes of one kind of pages are counted."""
        span = int(time.time() // settings.CACHE_SECONDS)
        return f"{self._prefix}bytes:{kind}:{span}".encode()


def _kind_of(page: Page) -> str:
    return ASKED if page.query else PLAIN


@Once
def get_store() -> PageStore:
    """Return this process's store."""
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    return PageStore(get_limiter(), get_versions(), prefix=prefix)


def _forget(*, setting: str, **_signal: Any) -> None:  # noqa: ANN401
    if setting in ("RATE_STORE", "CACHES"):
        get_store.cache_clear()


setting_changed.connect(_forget)
os.register_at_fork(after_in_child=get_store.cache_clear)
