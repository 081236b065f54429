"""SQL that is compiled once, and how other values are bound to it.

Django is given marks for values, which are found again among the parameters.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast

from django.db import connection

Single = int | str | dt.datetime
Value = Single | Sequence[int] | Sequence[str]
Shape = tuple[tuple[str, type, int | None], ...]  # name, kind and, of a list, length
Parameters = tuple[object, ...]

FIRST_MARK = 2**31 - 10_000  # no constant of a queryset, and no column is too small
TIME_MARK = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
MOST_BOUND = 100  # values of a list; a longer one is not worth a statement of its own
TEXT_MARK = "\a{}"  # with a character that nobody may send


class CompiledSql:
    """One statement, and where in its parameters values go.

    Args:
        write: Returns SQL and its parameters for values of one shape.
        values: Of that shape.

    Raises:
        ValueError: Values do not reach SQL as they are, or something else does that
            changes from one call to the next.
    """

    def __init__(
        self,
        write: Callable[[Mapping[str, Value]], tuple[str, Parameters]],
        values: Mapping[str, Value],
    ) -> None:
        marks = dict(_marks(values))
        self.sql, self._parameters = write(marks)
        is_same = write(marks) == (self.sql, self._parameters)
        places = {mark: at for at, mark in enumerate(_flat(marks))}
        if not is_same or not {*self._parameters} >= places.keys():
            msg = f"This cannot be prepared: {self.sql}"
            raise ValueError(msg)
        # What never changes comes behind the values; each parameter is one of these.
        self._constants = [each for each in self._parameters if each not in places]
        behind = iter(range(len(places), len(places) + len(self._constants)))
        self._places = [
            places[each] if each in places else next(behind)
            for each in self._parameters
        ]

    def bind(self, values: Mapping[str, Value]) -> Parameters:
        """Return the parameters for values of the shape this was made for."""
        known = _flat(values)
        known += self._constants
        return tuple([known[at] for at in self._places])


def shape_of(values: Mapping[str, Value]) -> Shape:
    """Return what decides the SQL for values."""
    return tuple(
        [
            (name, type(value), None)
            if isinstance(value, Single)
            else (name, type(value[0]) if value else type(None), len(value))
            for name, value in values.items()
        ]
    )


def lengths_of(shape: Shape) -> list[int]:
    """Return how many values the lists have."""
    return [length for _, _, length in shape if length is not None]


def _marks(values: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """Yield for each value one of the same shape that is found again in SQL."""
    number = 0
    for name, value in values.items():
        if isinstance(value, Single):
            yield name, _mark(value, number)
            number += 1
        else:
            singles = cast("Sequence[int | str]", value)
            yield name, [_mark(each, at) for at, each in enumerate(singles, number)]  # type: ignore[misc]
            number += len(value)


def _mark(value: Single, number: int) -> Single:
    if isinstance(value, dt.datetime):
        return TIME_MARK + dt.timedelta(days=number)
    return TEXT_MARK.format(number) if isinstance(value, str) else FIRST_MARK + number


def _flat(values: Mapping[str, Value]) -> list[object]:
    """Return single values, and those of lists, in order and as SQL takes them."""
    flat: list[object] = []
    for value in values.values():
        if isinstance(value, int | str):
            flat.append(value)
        elif isinstance(value, dt.datetime):
            flat.append(connection.ops.adapt_datetimefield_value(value))
        else:
            flat += value
    return flat
