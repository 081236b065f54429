"""What tests run in processes of their own."""

import resource
from uuid import UUID

from exchange.services import advance, chunks
from tests.child import tell


def advance_slowly(*, public_id: str, size: int, stop_at: int) -> None:
    """Carry an import out, and tell the test when a chunk is about to commit."""
    chunks.CHUNK = size
    note = chunks._note

    def note_and_wait(run: chunks.Import, lines: list[chunks.Line]) -> None:
        note(run, lines)
        if run.position == stop_at:
            tell("written, not committed")
            while True:
                pass  # until it is killed

    chunks._note = note_and_wait
    advance(UUID(public_id))


def peak_of(*, public_id: str) -> int:
    """Carry an import out to its end; return the most memory it took, in KB."""
    advance(UUID(public_id), seconds=3600)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
