"""Writes whose SQL is made once; see ``custom.prepared``.

They send no signals, as ``bulk_create`` and ``update`` send none.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Model, QuerySet
from django.db.models.sql import InsertQuery, UpdateQuery

from custom.binding import (
    MOST_BOUND,
    CompiledSql,
    Parameters,
    Shape,
    Value,
    lengths_of,
    shape_of,
)

ModelT = TypeVar("ModelT", bound=Model)
Change = tuple[QuerySet[Any], dict[str, Any]]  # which rows, and their new values


class PreparedInsert(Generic[ModelT]):
    """INSERTs of rows of a model, compiled once for each number of rows.

    Args:
        model: Its key is made by the database. Values are plain, not expressions.
    """

    def __init__(self, model: type[ModelT]) -> None:
        self._model = model
        self._fields: list[Any] = []
        self._statements: dict[int, str] = {}

    def __call__(self, rows: Sequence[ModelT]) -> None:
        """Store new rows; 1 statement, none without rows.

        They are told their keys, where the database tells them: MariaDB always, MySQL
        that of a single row.
        """
        if not rows:
            return
        if len(rows) > MOST_BOUND:
            self._model._base_manager.bulk_create(rows)  # noqa: SLF001 - documented
            return
        link: Any = transaction.get_connection()
        sql = self._statements.get(len(rows))
        if sql is None:
            sql = self._statements[len(rows)] = self._write(rows, link)
        parameters = [
            field.get_db_prep_save(field.pre_save(row, add=True), link)
            for row in rows
            for field in self._fields
        ]
        keys: Sequence[int] = ()
        with (
            transaction.mark_for_rollback_on_error(link.alias),
            link.cursor() as cursor,
        ):
            cursor.execute(sql, parameters)
            if link.features.can_return_rows_from_bulk_insert:
                keys = [key for (key,) in cursor.fetchall()]
            elif len(rows) == 1:
                keys = [cursor.lastrowid]
        for row, key in zip(rows, keys, strict=False):
            row.pk = key
        for row in rows:
            row._state.adding = False  # noqa: SLF001 - as Django's own
            row._state.db = link.alias  # noqa: SLF001

    def _write(self, rows: Sequence[ModelT], link: Any) -> str:  # noqa: ANN401
        """Have Django write the SQL for so many rows."""
        meta = self._model._meta  # noqa: SLF001 - documented
        self._fields = [
            field
            for field in meta.concrete_fields
            if field is not meta.pk and not field.generated
        ]
        query: Any = InsertQuery(self._model)
        query.insert_values(self._fields, rows)
        compiler = query.get_compiler(connection=link)
        if link.features.can_return_rows_from_bulk_insert:
            compiler.returning_fields = [meta.pk]
        ((sql, _parameters),) = compiler.as_sql()
        return str(sql)


class PreparedUpdate:
    """An UPDATE that is compiled once for values of one shape.

    Args:
        build: Returns the rows and their new values, for values given by keyword;
            what is asked of both is what ``PreparedRead`` asks of its queryset.
    """

    def __init__(self, build: Callable[..., Change]) -> None:
        self._build = build
        self._statements: dict[Shape, CompiledSql] = {}

    def __call__(self, **values: Value) -> int:
        """Return the number of rows that were found; 1 statement.

        Raises:
            ValueError: It cannot be prepared.
        """
        shape = shape_of(values)
        if max(lengths_of(shape), default=1) > MOST_BOUND:
            rows, new = self._build(**values)
            return rows.update(**new)
        statement = self._statements.get(shape)
        if statement is None:
            statement = self._statements[shape] = CompiledSql(self._write, values)
        link = transaction.get_connection()
        with (
            transaction.mark_for_rollback_on_error(link.alias),
            link.cursor() as cursor,
        ):
            cursor.execute(statement.sql, statement.bind(values))
            return int(cursor.rowcount)

    def _write(self, values: Mapping[str, Value]) -> tuple[str, Parameters]:
        """Have Django write the SQL."""
        rows, new = self._build(**values)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(new)
        query.annotations = {}
        sql, parameters = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        return str(sql), tuple(parameters)
