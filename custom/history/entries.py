"""The list of what happened to a row, in the words of its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Model
from reversion.models import Version

from custom.history.comparing import Difference, compare
from custom.history.reading import PAGE_SIZE, State, states_of, versions_of

MOST_NAMED = 5  # changed fields in one line


@dataclass(frozen=True, slots=True)
class Entry:
    """One version as the history page lists it.

    Attributes:
        changes: What is not as in the version before; None of the oldest one known.
        kind: ``created``, ``deleted``, ``recovered`` or empty.
    """

    version: Version
    changes: Sequence[Difference] | None
    kind: str

    @property
    def summary(self) -> str:
        """Say in one line what changed."""
        if self.kind:
            return self.kind.capitalize()
        if self.changes is None:
            return "As it was when the history begins"
        named = ", ".join(map(str, self.changes[:MOST_NAMED]))
        more = len(self.changes) - MOST_NAMED
        return f"{named} and {more} more" if more > 0 else named

    @property
    def user(self) -> Any:  # noqa: ANN401 - the user model is above the kernel
        """Return who did it, or None."""
        return self.version.revision.user

    @property
    def reason(self) -> str:
        """Return why it was done, as whoever did it wrote."""
        return str(self.version.revision.get_comment())

    @property
    def source(self) -> str:
        """Return through what it came."""
        note = getattr(self.version.revision, "note", None)
        return note.source if note else ""

    @property
    def request_id(self) -> str:
        """Return the id of the request behind it, or an empty text."""
        note = getattr(self.version.revision, "note", None)
        return note.request_id if note else ""

    @property
    def batch(self) -> UUID | None:
        """Return the step of many rows it was part of, if any."""
        note = getattr(self.version.revision, "note", None)
        return note.batch_id if note else None


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, the newest first.

    Attributes:
        older: Revision to go on before; None at the end.
        left_out: Number of versions that are as the one before: a row is recorded
            with what it belongs to, even if only that was changed.
    """

    entries: Sequence[Entry]
    older: int | None
    left_out: int


def page_of(
    model: type[Model], pk: object, *, before: int | None = None, size: int = PAGE_SIZE
) -> Page:
    """Read a page of a row's history; the same queries, however long it is.

    Args:
        model: Versioned.
        pk: Of a row that need not be there any more.
        before: Revision; only older ones are read.
        size: Number of versions looked at.
    """
    found = versions_of(model, pk)
    if before is not None:
        found = found.filter(revision__lt=before)
    versions = list(found[: size + 1])
    states = states_of(versions)
    pairs: list[tuple[State, State]] = [
        (states[old.pk], states[new.pk]) for new, old in pairwise(versions)
    ]
    changes: list[list[Difference] | None] = [*compare(pairs), None]
    entries = [
        Entry(version, changed, _kind(version))
        for version, changed in zip(versions[:size], changes, strict=False)
    ]
    shown = [each for each in entries if each.kind or each.changes != []]
    is_more = len(versions) > size
    return Page(
        shown,
        versions[size - 1].revision_id if is_more else None,
        len(entries) - len(shown),
    )


def _kind(version: Version) -> str:
    mark = getattr(version, "mark", None)
    return str(mark.kind) if mark else ""
