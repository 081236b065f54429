"""Reads whose SQL is made once.

Django takes longer to write a statement than MariaDB to answer it. A prepared read has
its queryset compiled once and binds other values from then on; the rows are those of
the queryset. Tuples (``values_list``, ``custom.rows.as_rows``) come straight from the
driver, and instances are made of them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, Self, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Field, Model, QuerySet
from django.db.models.query import (
    FlatValuesListIterable,
    ModelIterable,
    ValuesListIterable,
    get_related_populators,
)

from custom.binding import (
    MOST_BOUND,
    CompiledSql,
    Parameters,
    Shape,
    Value,
    lengths_of,
    shape_of,
)
from custom.parts import PartedIterable, PartedPage
from custom.rows import Columns, RowIterable

Row = TypeVar("Row")
BEYOND: Final = re.compile(r"[a-z_]+__(lt|gt)")  # how a paginator asks for the rest


class PreparedRead(Generic[Row]):
    """A queryset that is compiled once for values of one shape.

    Args:
        build: Returns the queryset for values given by keyword: whole numbers, texts,
            times, or lists of numbers or texts. They must reach SQL as they are;
            nothing else that changes from one call to the next may, such as the
            present time or a setting. It may select related rows, annotate, and
            return tuples or single values; it may not prefetch.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self._build = build
        self._about: tuple[type[Model], tuple[str, ...]] | None = None
        self._statements: dict[Shape, _Statement[Row]] = {}
        self._others: dict[tuple[str, ...], PreparedRead[Row]] = {}

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

    def sorted_by(self, *names: str) -> "PreparedRead[Row]":
        """Return the read of the same rows in another order."""
        return self._other(
            ("", *names), lambda **values: self._build(**values).order_by(*names)
        )

    def narrowed_by(self, *lookups: str) -> "PreparedRead[Row]":
        """Return the read of some of the rows; it has a value more for each lookup."""

        def build(**values: Value) -> QuerySet[Any, Row]:
            conditions = {lookup: values.pop(lookup) for lookup in lookups}
            return self._build(**values).filter(**conditions)

        return self._other(lookups, build)

    def _other(
        self, what: tuple[str, ...], build: Callable[..., QuerySet[Any, Row]]
    ) -> "PreparedRead[Row]":
        if what not in self._others:
            self._others[what] = PreparedRead(build)
        return self._others[what]


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
    """What filter sets and paginators take for a queryset.

    As long as they only cut and sort it, or narrow it by a cursor's position, what is
    prepared answers. Whatever else is done to it is done to the queryset.
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

    def __iter__(self) -> Iterator[Row]:
        """Read all of them; 1 query."""
        return iter(self._read(**self._values))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.queryset(), name)

    def all(self) -> Self:
        """Return itself: nothing is kept of what was read."""
        return self

    def order_by(self, *names: str) -> "PreparedRows[Row]":
        """Sort, by names that no client has made up; itself, if it is sorted so."""
        if names == self._ordering:
            return self
        read = self._read.sorted_by(*names)
        return PreparedRows(read, self._values, self.model, names)

    def filter(self, *conditions: Any, **lookups: Any) -> Any:  # noqa: ANN401
        """Narrow; rows beyond a position are prepared.

        Raises:
            ValidationError: There can be no such position.
        """
        if conditions or not all(map(BEYOND.fullmatch, lookups)):
            return self.queryset().filter(*conditions, **lookups)
        read = self._read.narrowed_by(*lookups)
        positions = {
            lookup: self._field(lookup).to_python(value)
            for lookup, value in lookups.items()
        }
        values = {**self._values, **positions}
        return PreparedRows(read, values, self.model, self._ordering)

    def _field(self, lookup: str) -> Field[Any, Any]:
        name = lookup.partition("__")[0]
        return cast("Any", self.model)._meta.get_field(name)  # noqa: SLF001 - public

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
        self._columns = Columns(self._compiler)
        made_by = self._rows._iterable_class  # noqa: SLF001
        self._make: Any = _maker_of(made_by, self._compiler)
        is_parted = issubclass(made_by, PartedIterable)
        self._parted = PartedPage(made_by, self._compiler) if is_parted else None
        if (
            self._make is None
            or self._rows._prefetch_related_lookups  # noqa: SLF001
            or self._rows._known_related_objects  # noqa: SLF001
            or self._compiler.has_composite_fields(self._columns.expressions)
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
        parameters = self._compiled.bind(values)
        return self._parted.join(sql, parameters) if self._parted else (sql, parameters)

    def rows_of(self, found: Iterable[Sequence[Any]], link: Any) -> list[Row]:  # noqa: ANN401
        """Make rows of what the driver has read."""
        if self._parted:
            return self._parted.rows_of(found, link)
        return list(map(self._make, self._columns.convert_all(found, link)))


class _Instances:
    """Makes instances of models of a query's columns, as Django does.

    It finds out for each query where the columns are; here it is known.
    """

    def __init__(self, compiler: Any) -> None:  # noqa: ANN401 - Django's
        about, columns = compiler.klass_info, compiler.select
        self._link = compiler.connection.alias
        self._model = about["model"]
        self._cut = slice(about["select_fields"][0], about["select_fields"][-1] + 1)
        self._names = [column.target.attname for column, *_ in columns[self._cut]]
        populators: Any = get_related_populators
        self._related = populators(about, columns, self._link)
        self._annotations = compiler.annotation_col_map

    def make(self, row: Sequence[Any]) -> Any:  # noqa: ANN401
        """Return the instance of a row, with those that were selected with it."""
        made = self._model.from_db(self._link, self._names, row[self._cut])
        for each in self._related:
            each.populate(row, made)
        for name, at in self._annotations.items():
            setattr(made, name, row[at])
        return made


def _maker_of(iterable: type[Any], compiler: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401
    """Return what makes a row of its columns; None for what is made in other ways."""
    if issubclass(iterable, RowIterable):
        return iterable.make
    if iterable is ModelIterable:
        return _Instances(compiler).make
    if iterable is FlatValuesListIterable:
        return itemgetter(0)
    return tuple if iterable is ValuesListIterable else None
