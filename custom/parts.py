"""Rows of a page with what hangs on each of them, read by one statement.

The page is a table of its own there, cut before anything is joined to it, so that the
cut counts rows and not their parts. A statement sees one state of the database: no row
comes without its parts because it was written between two statements.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import DateTimeField, IntegerField, QuerySet

from custom.rows import Columns, RowIterable, maker_of

Row = TypeVar("Row")
SortKeys = list[tuple[Callable[[Any], Any], bool]]  # and whether downwards


class Parts(NamedTuple):
    """What hangs on rows; a constant of the module that reads it.

    Attributes:
        queryset: Where parts come from, in the order of each row's own.
        kind: A ``NamedTuple`` of a part, as ``as_rows`` takes it.
        key: Its field that holds the ``pk`` of the row.
        name: The attribute of the row that is to list its parts.
        told: Its first fields; they are not read, but are the row's last ones.
    """

    queryset: QuerySet[Any, Any]
    kind: type[Any]
    key: str
    name: str
    told: tuple[str, ...] = ()


def with_parts(rows: QuerySet[Any, Row], parts: Parts) -> QuerySet[Any, Row]:
    """Return rows of ``as_rows``, with their ``pk``, that list parts; 1 query in all.

    Both have to be sorted by own numbers or moments. They are sorted here: joined rows
    may come in any order, and MariaDB would copy them into a table to sort it.
    """
    found: Any = rows.all()
    # Django has no public way.
    made_by = cast("Hashable", found._iterable_class)  # noqa: SLF001
    found._iterable_class = _iterable_of(made_by, cast("Hashable", parts))  # noqa: SLF001
    return cast("QuerySet[Any, Row]", found)


class PartedIterable(RowIterable):
    """Yields rows that list their parts; made by ``with_parts``."""

    parts: ClassVar[Parts]

    def __iter__(self) -> Iterator[Any]:
        """Read the rows."""
        queryset: Any = self.queryset
        link: Any = connections[queryset.db]
        compiler = queryset.query.get_compiler(connection=link)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return iter(())
        page = PartedPage(type(self), compiler)
        (found,) = link.read([page.join(sql, tuple(parameters))])
        return iter(page.rows_of(found, link))


class PartedPage:
    """How a page is joined with its parts, and told apart from them again."""

    def __init__(self, iterable: type[PartedIterable], compiler: Any) -> None:  # noqa: ANN401
        """Take what makes rows, and the compiler that has written the page's SQL.

        Raises:
            ValueError: Rows or parts are sorted by what cannot be compared here, or
                are not told what they should be.
        """
        told = iterable.parts.told
        self._name, self._make = iterable.parts.name, iterable.make
        self._parts, self._page = _joined(iterable.parts), Columns(compiler)
        names = self._page.names
        self._key, self._width = names.index("pk"), len(names)
        self._part_key = self._width + self._parts.key
        self._start = self._width - len(told)  # of a part
        if (*names[self._start :],) != told or self._page.converts(self._start):
            msg = f"Parts cannot be told {told} by a row's last columns: {names}"
            raise ValueError(msg)
        self._sort = _keys_of(_order_of(compiler.query), self._page)
        self._sort_parts = _keys_of(self._parts.order, self._parts.columns, self._width)

    def join(
        self, sql: str, parameters: tuple[object, ...]
    ) -> tuple[str, tuple[object, ...]]:
        """Return the statement that reads parts beside the rows of a page."""
        joined = f"SELECT * FROM ({sql}{self._parts.sql}"  # noqa: S608 - Django's own
        return joined, (*parameters, *self._parts.parameters)

    def rows_of(self, found: Iterable[Sequence[Any]], link: Any) -> list[Any]:  # noqa: ANN401
        """Make rows of what the driver has read."""
        groups: defaultdict[Any, list[Sequence[Any]]] = defaultdict(list)
        for columns in found:
            groups[columns[self._key]].append(columns)
        rows = [self._row_of(group, link) for group in groups.values()]
        _sort(rows, self._sort)
        return rows

    def _row_of(self, group: list[Sequence[Any]], link: Any) -> Any:  # noqa: ANN401
        """Make a row of its columns, which stand beside those of each part."""
        row = self._make(self._page.convert(group[0][: self._width], link))
        if group[0][self._part_key] is None:  # joined with nothing
            group = []
        _sort(group, self._sort_parts)
        columns = [each[self._start :] for each in group]
        parts = self._parts.columns.convert_all(columns, link)
        setattr(row, self._name, list(map(self._parts.make, parts)))
        return row


class _JoinedParts:
    """Parts as they are joined to any page.

    Attributes:
        sql: What comes behind the page.
        parameters: Of that.
        columns: What is read of a part, behind what it is told.
        key: Which of them has the row's key.
        order: Names to sort by.
        make: Makes a part.
    """

    def __init__(self, parts: Parts) -> None:
        read = parts.kind._fields[len(parts.told) :]
        query = parts.queryset.values_list(*read).query
        self.order = _order_of(query)
        query.clear_ordering(force=True)
        compiler = query.get_compiler(using=parts.queryset.db)
        sql, self.parameters = compiler.as_sql()
        self.sql = f") page LEFT JOIN ({sql}) part ON part.{parts.key} = page.pk"
        self.columns = Columns(compiler, len(parts.told))
        self.key = read.index(parts.key)
        self.make = maker_of(parts.kind)


_joined = cache(_JoinedParts)


def _order_of(query: Any) -> list[str]:  # noqa: ANN401 - Django's
    """Return the names that a query sorts by, its model's if it has none of its own."""
    of_model = query.get_meta().ordering if query.default_ordering else ()
    return [str(name) for name in query.order_by or of_model]


def _keys_of(order: Sequence[str], columns: Columns, start: int = 0) -> SortKeys:
    """Return what to sort by, the last name first."""
    keys: SortKeys = []
    fields = [each.output_field for each in columns.expressions]
    places = dict(zip(columns.names, enumerate(fields, start), strict=True))
    for name in reversed(order):
        at, field = places.get(name.removeprefix("-"), (0, None))
        if not isinstance(field, DateTimeField | IntegerField) or field.null:
            msg = f"Rows that were read cannot be sorted by {name}."
            raise ValueError(msg)
        keys.append((itemgetter(at), name.startswith("-")))
    return keys


def _sort(rows: list[Any], keys: SortKeys) -> None:
    for key, is_downwards in keys:
        rows.sort(key=key, reverse=is_downwards)


@cache
def _iterable_of(kind: Any, parts: Parts) -> type[PartedIterable]:  # noqa: ANN401
    return type(kind.__name__, (PartedIterable,), {"make": kind.make, "parts": parts})
