"""Rows that are tuples with names, where a page needs no instances.

An instance of a model costs ten times what its row does: it has a state, a cache of
relations, signals, and descriptors for files. What a hot page shows of a row is read
into a ``NamedTuple`` instead, which may have properties.
"""

from collections.abc import Callable, Hashable, Iterator
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


@cache
def _iterable_of(kind: Any) -> type[RowIterable]:  # noqa: ANN401 - a NamedTuple
    return type(f"{kind.__name__}Iterable", (RowIterable,), {"make": maker_of(kind)})
