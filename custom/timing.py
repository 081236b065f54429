"""``Server-Timing`` for staff: what a request took, for the browser's own tools."""

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Self

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty

from custom.api.public import PRIVATE_CACHE_CONTROL
from custom.throttling.middleware import KNOWN_CALLER, has_credentials

GetResponse = Callable[[HttpRequest], HttpResponseBase]

HEADER: Final = "Server-Timing"
KEPT_PAGE: Final = "kept_page"  # attribute: what the cache of pages did


class _Reading(NamedTuple):
    """What the clock and the connection show; seconds."""

    moment: float
    statements: int
    database: float

    @classmethod
    def now(cls, link: Any) -> Self:  # noqa: ANN401
        """Read both."""
        return cls(time.perf_counter(), link.statements, link.seconds)


class ServerTimingMiddleware:
    """Tells staff, and nobody else, how long their request took.

    Who shows nothing is not staff, and costs nothing. What shared caches would keep is
    kept from them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header for staff."""
        if not has_credentials(request):
            return self.get_response(request)
        link: Any = connections[DEFAULT_DB_ALIAS]
        start = _Reading.now(link)
        response = self.get_response(request)
        if _is_staff(request):
            response.headers[HEADER] = _told(request, start, _Reading.now(link))
            if "public" in response.headers.get("Cache-Control", ""):
                response.headers["Cache-Control"] = PRIVATE_CACHE_CONTROL
        return response


def _told(request: HttpRequest, start: _Reading, end: _Reading) -> str:
    """Write milliseconds, the number of statements, and what the cache did."""
    statements = end.statements - start.statements
    database, total = end.database - start.database, end.moment - start.moment
    parts = [
        f'db;dur={database * 1000:.1f};desc="{statements} statements"',
        f"total;dur={total * 1000:.1f}",
    ]
    if (kept := getattr(request, KEPT_PAGE, None)) is not None:
        parts.append(f'cache;desc="{kept}"')
    return ", ".join(parts)


def _is_staff(request: HttpRequest) -> bool:
    """Tell whether the caller is, if anything has asked who it is."""
    known = getattr(request, KNOWN_CALLER, None)
    user = known[0] if known else getattr(request, "user", None)
    if isinstance(user, LazyObject) and user._wrapped is empty:  # noqa: SLF001
        return False
    return bool(user and user.is_active and user.is_staff)
