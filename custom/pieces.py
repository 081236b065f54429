"""Long work in pieces: each is a transaction of its own, with how far it is.

What is committed is done, and counted as done; whoever comes later, after a crash or at
the same time, begins behind it. Decisions 0045 and 0059.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.utils import timezone

from custom.errors import ConflictError, DomainError, InvalidError, MissingError
from custom.transactions import run_in_transaction

PIECE: Final = 500  # rows in one transaction
SLICE: Final = 45.0  # seconds of one message; its lease is two minutes
STUCK: Final = timedelta(minutes=5)  # a message's lease, and another that follows it
REFUSALS = (InvalidError, ConflictError, MissingError)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a service said of the one row that is next at a place."""

    place: object
    error: DomainError


CarryOut = Callable[[int, Refusal | None], bool]


def is_stuck(moved_at: datetime) -> bool:
    """Tell whether work that last came further then has been left alone since."""
    return moved_at < timezone.now() - STUCK


def work_off(
    carry_out: CarryOut,
    *,
    place: Callable[[], object],
    size: int = PIECE,
    seconds: float = SLICE,
) -> bool:
    """Carry out piece after piece, for some time; tell whether anything is left.

    Where a service refuses a piece, its rows are carried out one by one, and those it
    refuses are noted as such.

    Args:
        carry_out: Does so many rows and stores how far it is; runs in a transaction,
            again if need be, and locks the work first, so that several take turns.
            With a refusal it notes that of the next row, unless that is at another
            place by now. Returns whether anything is left.
        place: Reads which row is next.
        size: Rows in one transaction.
        seconds: No piece is begun after them.
    """
    until = time.monotonic() + seconds
    while _carry_out_piece(carry_out, place, size):
        if time.monotonic() > until:
            return True
    return False


def _carry_out_piece(
    carry_out: CarryOut, place: Callable[[], object], size: int
) -> bool:
    """Carry out a piece; where a service refuses it, its rows one by one."""
    try:
        return _commit(carry_out, size)
    except REFUSALS:
        for _each in range(size):
            before = place()
            try:
                goes_on = _commit(carry_out, 1)
            except REFUSALS as error:
                goes_on = _commit(carry_out, 1, Refusal(before, error))
            if not goes_on:
                return False
        return True


def _commit(carry_out: CarryOut, size: int, refusal: Refusal | None = None) -> bool:
    work = partial(carry_out, size, refusal)
    return run_in_transaction(work, replayable=True)
