"""What a process has found, remembered until the index changes."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Answers(Generic[T]):
    """The answers asked for last, all of one state of the index.

    The next commit makes all of them void: an answer is always what a search would
    find now. What an answer shows of the database is no part of it.
    """

    def __init__(
        self,
        state: Callable[[], Hashable],
        weigh: Callable[[Any, T], int],
        most: int,
    ) -> None:
        """Begin empty.

        Args:
            state: Tells what changes whenever the index does, or None if nobody knows.
            weigh: Tells how much it takes to keep what was asked and its answer: never
                nothing, or there would be no end of questions without one.
            most: What all that is kept may weigh.
        """
        self._ask_state = state
        self._weigh = weigh
        self._most = most
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, tuple[int, T]] = OrderedDict()
        self._weight = 0

    def get(self, asked: Hashable, search: Callable[[], T]) -> T:
        """Return the answer to what is asked, by a search if it is not known."""
        state = self._ask_state()
        if state is None:
            return search()
        with self._lock:
            if self._state == state and asked in self._kept:
                self._kept.move_to_end(asked)
                return self._kept[asked][1]
        answer = search()
        if self._ask_state() == state:  # all of it was read from this one
            self._keep(state, asked, answer)
        return answer

    def _keep(self, state: Hashable, asked: Hashable, answer: T) -> None:
        """Remember an answer in place of those that nobody has asked for longest."""
        weight = self._weigh(asked, answer)
        if weight > self._most:  # the others are worth more
            return
        with self._lock:
            if self._state != state:
                self._kept.clear()
                self._state, self._weight = state, 0
            if asked in self._kept:
                return
            self._kept[asked] = weight, answer
            self._weight += weight
            while self._weight > self._most:
                _, (gone, _) = self._kept.popitem(last=False)
                self._weight -= gone
