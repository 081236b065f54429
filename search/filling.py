"""Fills parts of a new index by several processes of Python.

Each runs ``manage.py search_index fill``, and tells after each batch how many products
it has written. It ends by itself when the process that started it has gone.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from django.conf import settings
from haystack.exceptions import HaystackError


@dataclass(frozen=True, slots=True)
class Range:
    """Ids of products, both ends included; to the highest there is if last is None."""

    first: int
    last: int | None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what ``str`` has written."""
        first, _, last = text.partition("-")
        return cls(int(first), int(last) if last else None)

    def __str__(self) -> str:
        return f"{self.first}-{self.last or ''}"


EVERYTHING = Range(1, None)


def fill_by_processes(
    place: Path, ranges: Sequence[Range], report: Callable[[int], object]
) -> int:
    """Have a part filled for each range, by a process for each processor.

    Args:
        place: Where the rebuild that began has its parts.
        ranges: One for each part.
        report: Told how many products are written.

    Raises:
        HaystackError: One of them has failed; the others are ended.
    """
    number = min(len(os.sched_getaffinity(0)), len(ranges))
    command = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    command += ["search_index", "fill", str(place)]
    with ExitStack() as stack:
        running = []
        for turn in range(number):
            own = [str(each) for each in ranges[turn::number]]
            child = subprocess.Popen(  # noqa: S603 - our own
                [*command, *own], stdout=subprocess.PIPE, text=True
            )
            stack.enter_context(child)
            stack.callback(child.kill)  # no longer there when all went well
            running.append(child)
        written = 0
        for child in running:
            before = written
            for line in child.stdout or ():
                written = before + int(line)
                report(written)
            if child.wait() != 0:
                msg = f"a process that fills the index ended with {child.returncode}"
                raise HaystackError(msg)
        return written
