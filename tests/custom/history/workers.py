"""What tests of undoing run in processes of their own."""

from functools import partial
from uuid import UUID

from custom import pieces
from custom.history import undoing
from tests.child import tell


def undo_slowly(*, batch: str, stop_at: int) -> None:
    """Undo a step two rows at a time, and tell when a piece is about to commit."""
    undoing.work_off = partial(pieces.work_off, size=2)
    note = undoing._note_faults

    def note_and_wait(undo: undoing.HistoryUndo, faults: dict[int, str]) -> None:
        note(undo, faults)
        if undo.num_seen == stop_at:
            tell("written, not committed")
            while True:
                pass  # until it is killed

    undoing._note_faults = note_and_wait
    undoing.advance_undo(UUID(batch))


def start(*, batch: str) -> None:
    """Press the button."""
    undoing.start_undo(UUID(batch))


def advance(*, batch: str) -> None:
    """Undo as another worker does."""
    undoing.work_off = partial(pieces.work_off, size=2)
    undoing.advance_undo(UUID(batch))
