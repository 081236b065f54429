"""Work on many rows, some at a time."""

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def batched(rows: list[T], size: int) -> Iterator[list[T]]:
    """Yield rows in their order, so many at a time, of the last batch fewer.

    As ``itertools.batched``, which Python has from 3.12 on, but for lists.
    """
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
