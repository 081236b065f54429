"""What follows from many writes, worked out once for all of them.

A service that changes one row brings lists, figures and search in step with it. Inside
``collected`` that waits until the end of the block and is done once for every key.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from functools import update_wrapper
from typing import Any, Generic, TypeVar

A = TypeVar("A")


class Turn(IntEnum):
    """In which order it is done: each reads what those before it have written."""

    FIGURES = 1
    LISTS = 2
    VALUES = 3
    NEWS = 4


_pending: ContextVar["dict[Gathered[Any], set[int]] | None"] = ContextVar(
    "custom_collected", default=None
)


class Gathered(Generic[A]):
    """A service about keys that may be called once for many of them, and later.

    Attributes:
        at_once: Does it now in any case.
    """

    def __init__(
        self, service: Callable[[Iterable[int]], A], *, turn: Turn, answer: A
    ) -> None:
        update_wrapper(self, service)
        self.at_once = service
        self.turn = turn
        self._answer = answer

    def __call__(self, keys: Iterable[int]) -> A:
        """Do it, or put it off to the end of the block that collects."""
        pending = _pending.get()
        if pending is None:
            return self.at_once(keys)
        pending.setdefault(self, set()).update(keys)
        return self._answer


def gathered(
    turn: Turn, answer: A
) -> Callable[[Callable[[Iterable[int]], A]], Gathered[A]]:
    """Let a service be put off; ``answer`` is what it then returns."""

    def wrap(service: Callable[[Iterable[int]], A]) -> Gathered[A]:
        return Gathered(service, turn=turn, answer=answer)

    return wrap


@contextmanager
def collected() -> Iterator[None]:
    """Put off what follows from the writes of the block, and do it once at its end.

    Inside the transaction of the writes: nobody else sees one without the other. A
    block inside another joins it; one that fails does nothing.
    """
    if _pending.get() is not None:
        yield
        return
    pending: dict[Gathered[Any], set[int]] = {}
    token = _pending.set(pending)
    try:
        yield
    finally:
        _pending.reset(token)
    for each in sorted(pending, key=lambda one: one.turn):
        each.at_once(pending[each])
