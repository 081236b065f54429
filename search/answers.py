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

    def __init__(self, weigh: Callable[[Any, T], int], most: int) -> None:
        """Begin empty.

        Args:
            weigh: Tells how much it takes to keep what was asked and its answer: never
                nothing, or there would be no end of questions without one.
            most: What all that is kept may weigh.
        """
        self._weigh = weigh
        self._most = most
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, tuple[int, T]] = OrderedDict()
        self._weight = 0

    def get(
        self,
        ask_state: Callable[[], Hashable],
        asked: Hashable,
        search: Callable[[], T],
    ) -> T:
        """Return the answer to what is asked, by a search if it is not known.

        Args:
            ask_state: Tells what changes whenever the index does; None if nobody knows.
            asked: Identifies it.
            search: Finds it.
        """
        state = ask_state()
        if state is None:
            return search()
        known = self.known(state, asked)
        if known is not None:
            return known
        answer = search()
        if ask_state() == state:  # all of it was read from this one
            self.keep(state, asked, answer)
        return answer

    def known(self, state: Hashable, asked: Hashable) -> T | None:
        """Return an answer that is remembered of a state of the index."""
        with self._lock:
            if self._state == state and asked in self._kept:
                self._kept.move_to_end(asked)
                return self._kept[asked][1]
        return None

    def keep(self, state: Hashable, asked: Hashable, answer: T) -> None:
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
