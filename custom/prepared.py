"""Reads whose SQL is made once.

Django takes longer to write a statement than MariaDB to answer it. A prepared read has
its queryset compiled once and binds other values from then on; the rows are those of
the queryset. Tuples (``values_list``, ``custom.rows.as_rows``) come straight from the
driver, instances are made by Django.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Generic, NamedTuple, Self, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import FlatValuesListIterable, ValuesListIterable

from custom.binding import (
    MOST_BOUND,
    CompiledSql,
    Parameters,
    Shape,
    Value,
    lengths_of,
    shape_of,
)
from custom.rows import RowIterable

Row = TypeVar("Row")


class PreparedRead(Generic[Row]):
    """A queryset that is compiled once for values of one shape.

    Args:
        build: Returns the queryset for values given by keyword: whole numbers, texts,
            times, or lists of numbers or texts. They must reach SQL as they are;
            nothing else that changes from one call to the next may, such as the
            present time or a setting. It may select related rows, annotate, and
            return values; it may not prefetch.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self._build = build
        self._about: tuple[type[Model], tuple[str, ...]] | None = None
        self._statements: dict[Shape, _Statement[Row]] = {}

    def __call__(self, cut: slice | None = None, /, **values: Value) -> list[Row]:
        """Return the rows; 1 query, none for an empty list.

        Args:
            cut: Which of the rows, as of a queryset; from the first to the last.
            values: What the queryset is built of.

        Raises:
            ValueError: The queryset cannot be prepared.
        """
        (rows,) = read_together(self.of(cut, **values))
        return rows

    def of(self, cut: slice | None = None, /, **values: Value) -> "Asked[Row]":
        """Return the same, yet to be read by ``read_together``."""
        return Asked(self, cut, values)

    def statement(self, values: Mapping[str, Value]) -> "_Statement[Row] | None":
        """Return what is compiled for values; None: for no value, or too many."""
        shape = shape_of(values)
        found = self._statements.get(shape)
        if found is None and all(0 < each <= MOST_BOUND for each in lengths_of(shape)):
            found = self._statements[shape] = _Statement(self._build, values)
        return found

    def rows(self, **values: Value) -> "PreparedRows[Row]":
        """Return the rows, yet to be read, for who takes querysets."""
        if self._about is None:
            built = self._build(**values)
            self._about = built.model, tuple(map(str, built.query.order_by))
        return PreparedRows(self, values, *self._about)

    def queryset(self, **values: Value) -> QuerySet[Any, Row]:
        """Return the queryset, for what narrows it further."""
        return self._build(**values)


class Asked(NamedTuple, Generic[Row]):
    """A read that ``read_together`` makes."""

    read: PreparedRead[Row]
    cut: slice | None
    values: Mapping[str, Value]

    def rows(self) -> list[Row]:
        """Read what is not prepared; none for an empty list."""
        if 0 in lengths_of(shape_of(self.values)):
            return []
        rows = self.read.queryset(**self.values)
        return list(rows if self.cut is None else rows[self.cut])


def read_together(*asked: Asked[Any]) -> list[list[Any]]:
    """Return the rows of each of some reads; 1 query each, in one trip.

    A trip takes longer than a short statement: the server and this thread wake each
    other up, and find their caches cold.
    """
    link: Any = connections[DEFAULT_DB_ALIAS]  # the thread's
    prepared = [(each, each.read.statement(each.values)) for each in asked]
    found = iter(
        link.read(
            [
                statement.bind(each.values, each.cut, link)
                for each, statement in prepared
                if statement
            ]
        )
    )
    return [
        statement.rows_of(next(found), link) if statement else each.rows()
        for each, statement in prepared
    ]


class PreparedRows(Generic[Row]):
    """What filter sets and paginators take for a queryset, as long as they only cut it.

    Whatever else is done to it is done to the queryset.
    """

    def __init__(
        self,
        read: PreparedRead[Row],
        values: Mapping[str, Value],
        model: type[Model],
        ordering: tuple[str, ...],
    ) -> None:
        self._read = read
        self._values = values
        self._ordering = ordering
        self.model = model

    def __getitem__(self, cut: slice) -> list[Row]:
        """Read a page; 1 query."""
        return self._read(cut, **self._values)

    def of(self, cut: slice) -> "Asked[Row]":
        """Return a page, yet to be read by ``read_together``."""
        return self._read.of(cut, **self._values)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.queryset(), name)

    def all(self) -> Self:
        """Return itself: nothing is kept of what was read."""
        return self

    def order_by(self, *names: str) -> Any:  # noqa: ANN401
        """Sort; itself, if it is sorted so."""
        return self if names == self._ordering else self.queryset().order_by(*names)

    def queryset(self) -> QuerySet[Any, Row]:
        """Return the queryset, to be narrowed."""
        return self._read.queryset(**self._values)


class _Statement(Generic[Row]):
    """One compiled queryset, and where in its parameters values go."""

    def __init__(
        self, build: Callable[..., QuerySet[Any, Row]], values: Mapping[str, Value]
    ) -> None:
        self._build = build
        self._compiled = CompiledSql(self._write, values)
        columns = [column for column, *_ in self._compiler.select]
        columns = columns[: self._compiler.col_count]
        # Which column, by what, and what it is: a column may have several.
        self._converters = [
            (at, convert, column)
            for at, (all_of_it, column) in self._compiler.get_converters(
                columns
            ).items()
            for convert in all_of_it
        ]
        self._make = _maker_of(self._rows._iterable_class)  # noqa: SLF001
        if (
            self._rows._prefetch_related_lookups  # noqa: SLF001
            or self._compiler.has_composite_fields(columns)
            or self._compiler.has_extra_select
        ):
            msg = f"This queryset cannot be prepared: {self._compiled.sql}"
            raise ValueError(msg)

    def _write(self, values: Mapping[str, Value]) -> tuple[str, Parameters]:
        """Have Django write the SQL, and keep what it now knows."""
        self._rows: Any = cast("Any", self._build(**values))
        self._compiler: Any = self._rows.query.get_compiler(using=self._rows.db)
        sql, parameters = self._compiler.as_sql()
        return sql, tuple(parameters)

    def bind(
        self,
        values: Mapping[str, Value],
        cut: slice | None,
        link: Any,  # noqa: ANN401
    ) -> tuple[str, Parameters]:
        """Return SQL and parameters for values of the shape this was made for."""
        sql = self._compiled.sql
        if cut is not None:
            sql = f"{sql} {link.ops.limit_offset_sql(cut.start, cut.stop)}"
        return sql, self._compiled.bind(values)

    def rows_of(self, found: Iterable[Sequence[Any]], link: Any) -> list[Row]:  # noqa: ANN401
        """Make rows of what the driver has read."""
        if self._converters:
            found = [self._converted(row, link) for row in found]
        if self._make is None:
            return self._as_django_makes(found)
        return list(map(self._make, found))

    def _converted(self, row: Sequence[Any], link: Any) -> list[Any]:  # noqa: ANN401
        """Turn what the driver returns into what fields hold."""
        values = list(row)
        for at, convert, column in self._converters:
            values[at] = convert(values[at], column, link)
        return values

    def _as_django_makes(self, rows: Iterable[Sequence[Any]]) -> list[Row]:
        """Have the queryset's own code make something of rows."""
        compiler = _Overlay(
            self._compiler,
            execute_sql=lambda **_options: None,
            results_iter=lambda *_, **_options: rows,
        )
        query = _Overlay(self._rows.query, get_compiler=lambda *_, **_options: compiler)
        return list(self._rows._iterable_class(_Overlay(self._rows, query=query)))  # noqa: SLF001


class _Overlay:
    """Something with other attributes laid over its own."""

    def __init__(self, below: object, **attributes: object) -> None:
        self.__dict__.update(attributes)
        self._below = below

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._below, name)


def _maker_of(iterable: type[Any]) -> Callable[[Any], Any] | None:
    """Return what makes a row of its columns; None where it takes more than that."""
    if issubclass(iterable, RowIterable):
        return iterable.make
    if iterable is FlatValuesListIterable:
        return itemgetter(0)
    return tuple if iterable is ValuesListIterable else None
