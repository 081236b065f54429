"""SQL that Django's own expressions are slow to build, or build anew each time."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Field, Func, Lookup
from django.db.models.sql.compiler import SQLCompiler


class ByKey(Func):
    """The value that belongs to a row's own key, for one UPDATE of many rows.

    Django's ``Case`` resolves a query for each ``When``: a second for 500 rows.
    """

    def __init__(
        self, values: Mapping[Any, int | Decimal], *, output_field: Field[Any, Any]
    ) -> None:
        """Take the values by primary key; rows of other keys get NULL."""
        super().__init__(F("pk"), output_field=output_field)
        self.values = dict(sorted(values.items()))

    def as_sql(  # type: ignore[override]
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Return ``CASE key WHEN … THEN … END``."""
        key, params = compiler.compile(self.source_expressions[0])
        pairs = [part for pair in self.values.items() for part in pair]
        branches = "WHEN %s THEN %s " * len(self.values)
        return f"CASE {key} {branches}END", (*params, *pairs)


@CharField.register_lookup
class Like(Lookup[str]):
    """``name__like``: a pattern as SQL has it, as the column's collation compares.

    The pattern reaches SQL as it is, so that ``custom.prepared`` can bind another.
    """

    lookup_name = "like"

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """Return ``column LIKE pattern``."""
        column, params = self.process_lhs(compiler, connection)
        pattern, values = self.process_rhs(compiler, connection)
        return f"{column} LIKE {pattern}", (*params, *values)
