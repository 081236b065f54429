"""Things of which a process has one, whichever thread is the first to want it.

``functools.cache`` makes several where threads come at once, and gives each its own:
of two connections one would be asked what only the other has heard.
"""

import functools
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """A function without arguments that is called once; others wait for what it makes.

    It may call other such functions, but not itself. If it fails, the next one tries.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        functools.update_wrapper(self, make)
        self._make = make
        self._lock = Lock()
        self._made: tuple[T, ...] = ()  # one, or none yet

    def __call__(self) -> T:
        """Return what there is, made if this is the first call."""
        made = self._made
        if not made:
            with self._lock:
                made = self._made = self._made or (self._make(),)
        return made[0]

    def cache_clear(self) -> None:
        """Forget it; in a child of a fork the lock, too, may be taken by nobody."""
        self._lock = Lock()
        self._made = ()
