"""SQL that goes to rows by their primary keys, where it locks them and names these.

Why: docs/decisions/0079-rows-by-key.md.
"""

from typing import Any, Final, TypeVar

from django.db.backends.mysql.compiler import (
    SQLAggregateCompiler,
    SQLDeleteCompiler,
    SQLInsertCompiler,
)
from django.db.backends.mysql.compiler import SQLUpdateCompiler as BaseUpdateCompiler
from django.db.models import QuerySet
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, In
from django.db.models.sql.compiler import SQLCompiler as BaseCompiler
from django.db.models.sql.where import AND, WhereNode

__all__ = [
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
    "lock_through",
]

Q = TypeVar("Q", bound=QuerySet[Any])

BY_KEY: Final = " FORCE INDEX (PRIMARY)"
THROUGH: Final = "locked_through"  # attribute of a query


def lock_through(rows: Q, index: str) -> Q:
    """Have these rows found along an index where they are updated or locked.

    For rows that others lock along it, as an INSERT that meets them does: read whole,
    as a small table is, they are locked in another order, and so are the rows between.
    """
    rows = rows.all()
    setattr(rows.query, THROUGH, index)
    return rows


class SQLCompiler(BaseCompiler):
    """Django's own; ``FOR UPDATE`` by key locks nothing on the way."""

    def get_from_clause(self) -> tuple[list[str], Any]:
        """Return the tables, the first of them with the hint."""
        tables, parameters = super().get_from_clause()
        if self.query.select_for_update:
            tables[0] += _hint(self)
        return tables, parameters


class SQLUpdateCompiler(BaseUpdateCompiler):
    """Django's own; a row that is named by key is found wherever indexes have it."""

    def as_sql(self) -> tuple[str, Any]:  # type: ignore[override]
        """Return the statement, its table with the hint."""
        sql, parameters = super().as_sql()
        return sql.replace(" SET ", f"{_hint(self)} SET ", 1), parameters


def _hint(compiler: Any) -> str:  # noqa: ANN401 - Django's
    """Say by which index rows are found that are locked; empty: MariaDB chooses."""
    if _names_keys(compiler.query):
        return BY_KEY
    index = getattr(compiler.query, THROUGH, None)
    name = index and compiler.connection.ops.quote_name(index)
    return f" FORCE INDEX ({name})" if name else ""


def _names_keys(query: Any) -> bool:  # noqa: ANN401 - of any kind
    """Tell whether only rows of listed primary keys are wanted."""
    return _narrows(query.where, query.base_table)


def _narrows(where: WhereNode, table: str) -> bool:
    if where.negated or where.connector != AND:
        return False
    return any(
        _narrows(part, table) if isinstance(part, WhereNode) else _is_key(part, table)
        for part in where.children
    )


def _is_key(condition: object, table: str) -> bool:
    return (
        isinstance(condition, Exact | In)
        and isinstance(condition.lhs, Col)
        and condition.lhs.alias == table
        and condition.lhs.target.primary_key
        and condition.rhs_is_direct_value()
    )
