"""Where a change comes from: a request, a task, an import or a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from structlog.contextvars import get_contextvars

ADMIN = "admin"
API = "api"
IMPORT = "import"
TASK = "task"
COMMAND = "command"
SOURCES = (ADMIN, API, IMPORT, TASK, COMMAND)


@dataclass(frozen=True, slots=True)
class _Origin:
    source: str
    request: HttpRequest | None = None
    actor: Any = None


_NOWHERE = _Origin(COMMAND)
_current: ContextVar[_Origin] = ContextVar("custom_origin", default=_NOWHERE)


@contextmanager
def origin(
    source: str,
    *,
    actor: Any = None,  # noqa: ANN401 - the user model is above the kernel
    request: HttpRequest | None = None,
) -> Iterator[None]:
    """Name where the changes inside the block come from, for the history.

    Args:
        source: One of ``SOURCES``.
        actor: The user on whose behalf it happens; without one, the request's.
        request: Asked for its user only when something is recorded.
    """
    outer = _current.get()
    token = _current.set(
        _Origin(source, request or outer.request, actor or outer.actor)
    )
    try:
        yield
    finally:
        _current.reset(token)


def current_source() -> str:
    """Return where changes come from now; a command if nobody said."""
    return _current.get().source


def current_actor() -> Any:  # noqa: ANN401 - the user model is above the kernel
    """Return the user behind the work at hand; None if nobody is signed in."""
    found = _current.get()
    actor = found.actor or getattr(found.request, "user", None)
    return actor if actor is not None and actor.is_authenticated else None


def current_request_id() -> str:
    """Return the id of the request behind the work at hand, or an empty text."""
    return str(get_contextvars().get("request_id") or "")
