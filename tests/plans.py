"""By which index a statement finds its rows."""

from collections.abc import Callable
from typing import NamedTuple

from django.db import connection


class Access(NamedTuple):
    """How a statement finds rows of one table."""

    verb: str  # SELECT, UPDATE, DELETE, or LOCK for one that locks what it reads
    table: str
    way: str  # EXPLAIN's type
    key: str


class Explainer:
    """Has the database explain each statement before it is run.

    Afterwards a row that was found by a unique key may be gone, and the plan with it.
    """

    def __init__(self) -> None:
        self.found: set[Access] = set()
        self._is_explaining = False

    def __call__(
        self, execute: Callable[..., object], sql: str, params: object, *others: object
    ) -> object:
        verb = sql.split(maxsplit=1)[0]
        if verb in {"SELECT", "UPDATE", "DELETE"} and not self._is_explaining:
            self._is_explaining = True
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}", params)
                columns = [column[0] for column in cursor.description]
                for row in cursor.fetchall():
                    plan = dict(zip(columns, row, strict=True))
                    if plan["table"]:  # else a unique key has shown that there is none
                        name = "LOCK" if "FOR UPDATE" in sql else verb
                        way = (plan["type"], plan["key"] or "")
                        self.found.add(Access(name, plan["table"], *way))
            self._is_explaining = False
        return execute(sql, params, *others)
