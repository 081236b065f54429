"""What a process remembers of the database, as long as a page made of it would be kept.

Small and slowly changing things that many pages need, as what categories are called,
take a statement each; the rate limit's trip tells whether anything has changed.
"""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings
from django.db import transaction

from custom.caching.versions import Moment

T = TypeVar("T")


class Memory(Generic[T]):
    """One thing that is read, and read again after any change of what pages show.

    A change is announced once it is committed, so what is read after a moment, and was
    not announced before it, holds at that moment.

    Args:
        read: Reads it. Of what is left for later, as names that are yet to be asked
            for, it may return something to be filled in.
    """

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._known: tuple[Moment, float, T] | None = None

    def get(self, moment: Moment | None) -> T:
        """Return what holds at a moment, read anew if it is not known or None.

        What a transaction reads may never be committed: it is not remembered.
        """
        if moment is None or in_transaction():
            return self._read()
        known, now = self._known, time.monotonic()
        if known and known[0] == moment and now < known[1]:
            return known[2]
        value = self._read()
        self._known = moment, now + settings.CACHE_SECONDS, value
        return value


def in_transaction() -> bool:
    """Tell whether what is read now may be rolled back."""
    return transaction.get_connection().in_atomic_block
