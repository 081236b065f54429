"""Rows that are tuples with names, where a page needs no instances.

An instance of a model costs ten times what its row does: it has a state, a cache of
relations, signals, and descriptors for files. What a hot page shows of a row is read
into a ``NamedTuple`` instead, which may have properties.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import QuerySet
from django.db.models.query import ValuesListIterable

Row = TypeVar("Row")


class RowIterable(ValuesListIterable[Any]):
    """Yields a tuple of one class for each row; made by ``as_rows``."""

    make: ClassVar[Callable[[Any], Any]]

    def __iter__(self) -> Iterator[Any]:
        """Read the rows."""
        return map(type(self).make, super().__iter__())


def as_rows(queryset: QuerySet[Any, Any], kind: type[Row]) -> QuerySet[Any, Row]:
    """Return the queryset with rows of a class, as ``values_list`` does of tuples.

    Args:
        queryset: Not of values yet.
        kind: A ``NamedTuple`` whose fields name fields, relations' fields (with
            ``__``) or annotations.
    """
    names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]  # its own
    rows: Any = queryset.values_list(*names)
    # Django has no public way.
    rows._iterable_class = _iterable_of(cast("Hashable", kind))  # noqa: SLF001
    return rows


def maker_of(kind: type[Row]) -> Callable[[Any], Row]:
    """Return what makes a row of values, which must be as many as its fields.

    ``_make`` counts them for each row, and takes three times as long.
    """
    return cast("Callable[[Any], Row]", partial(tuple.__new__, kind))


class Columns:
    """Turns what the driver returns for a query into what its fields hold.

    Attributes:
        names: The columns' own, as ``values_list`` names them.
        expressions: What each column is.
    """

    def __init__(self, compiler: Any, start: int = 0) -> None:  # noqa: ANN401 - Django's
        """Take the query's compiler once it has written SQL.

        Args:
            compiler: Of a query of whatever kind.
            start: Where its columns begin in a row.
        """
        selected = [expression for expression, *_ in compiler.select]
        self.expressions = selected[: compiler.col_count]
        self.names = [str(name) for *_, name in compiler.select]
        # Which column, by what, and what it is: a column may have several.
        self._converters = [
            (start + at, convert, expression)
            for at, (all_of_it, expression) in compiler.get_converters(
                self.expressions
            ).items()
            for convert in all_of_it
        ]

    def converts(self, start: int) -> bool:
        """Tell whether anything is to be turned from a column on."""
        return any(at >= start for at, *_ in self._converters)

    def convert(self, row: Sequence[Any], link: Any) -> Sequence[Any]:  # noqa: ANN401
        """Return the values of a row that a connection has read."""
        if not self._converters:
            return row
        values = list(row)
        for at, convert, expression in self._converters:
            values[at] = convert(values[at], expression, link)
        return values

    def convert_all(
        self,
        rows: Iterable[Sequence[Any]],
        link: Any,  # noqa: ANN401
    ) -> Iterable[Sequence[Any]]:
        """Return the values of rows."""
        return [self.convert(row, link) for row in rows] if self._converters else rows


@cache
def _iterable_of(kind: Any) -> type[RowIterable]:  # noqa: ANN401 - a NamedTuple
    return type(f"{kind.__name__}Iterable", (RowIterable,), {"make": maker_of(kind)})
