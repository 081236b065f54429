"""Steps of the history, undone to their end."""

import uuid
from typing import Any

from custom.history.undoing import advance_undo, start_undo
from custom.models import HistoryUndo


def undo(batch: uuid.UUID, *, actor: Any = None) -> HistoryUndo:  # noqa: ANN401
    """Undo a step as a worker would."""
    start_undo(batch, actor=actor)
    advance_undo(batch)
    return HistoryUndo.objects.get(batch=batch)


def faults(done: HistoryUndo) -> list[tuple[str, str]]:
    """Return name and reason of the rows that had to stay."""
    found = done.faults.select_related("version")
    return [(each.version.object_repr, each.detail) for each in found]
