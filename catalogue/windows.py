"""When a product may be seen: from a moment on, until another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from catalogue.errors import InvalidWindowError

NOT_A_WINDOW = "A product must be published before it is withdrawn."
TOO_EARLY = "Give a moment after the year 1000."
EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)  # the first that MariaDB promises to hold


@dataclass(frozen=True, slots=True)
class PublishWindow:
    """Two aware moments; None leaves a side open."""

    publish_from: datetime | None = None  # the first moment inside
    publish_until: datetime | None = None  # the first moment outside


class Windowed(Protocol):
    """What has the two ends, as products and rows of them do."""

    @property
    def publish_from(self) -> datetime | None:
        """Return the first moment inside."""

    @property
    def publish_until(self) -> datetime | None:
        """Return the first moment outside."""


ALWAYS = PublishWindow()
ENDS = ("publish_from", "publish_until")  # as products have them, too


def window_after(row: object, values: Mapping[str, Any]) -> PublishWindow:
    """Return a product's window with other values; ``row`` is None if it is new."""
    return PublishWindow(*(values.get(name, getattr(row, name, None)) for name in ENDS))


def take_window(row: object, values: dict[str, Any]) -> PublishWindow:
    """Return the same, and take the window's two ends out of the values."""
    window = window_after(row, values)
    for name in ENDS:
        values.pop(name, None)
    return window


def check_window(window: PublishWindow) -> PublishWindow:
    """Return a window that is open at some time.

    Raises:
        InvalidWindowError: It would close before it opens, or at that moment, or a
            moment is too long ago to be stored.
    """
    opens, closes = window.publish_from, window.publish_until
    if any(end is not None and end < EARLIEST for end in (opens, closes)):
        raise InvalidWindowError(TOO_EARLY)
    if opens is not None and closes is not None and opens >= closes:
        raise InvalidWindowError(NOT_A_WINDOW)
    return window


def is_open(row: Windowed, at: datetime) -> bool:
    """Tell whether a moment is inside a window."""
    opens, closes = row.publish_from, row.publish_until
    return (opens is None or opens <= at) and (closes is None or at < closes)


def first_boundary(rows: Iterable[Windowed], at: datetime) -> datetime | None:
    """Return the first moment after another at which a window opens or closes."""
    ends = [end for row in rows for end in (row.publish_from, row.publish_until)]
    return min((end for end in ends if end and end > at), default=None)
