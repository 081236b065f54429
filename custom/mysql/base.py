"""A database connection that costs fewer round trips, and fewer calls."""

import datetime as dt
import time
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final, cast

from django.db.backends.mysql import base, operations
from django.db.backends.utils import debug_transaction
from MySQLdb.constants import FIELD_TYPE

Statement = tuple[str, Sequence[object]]  # SQL, and what goes into it
Rows = Sequence[tuple[Any, ...]]

FRESH_SECONDS: Final = 0.5  # no server is gone and back within

_decimal = lru_cache(maxsize=1024)(Decimal)  # prices are few, and most discounts none


class DatabaseOperations(operations.DatabaseOperations):
    """Django's own, quicker with moments; locks rows by their keys."""

    compiler_module = "custom.mysql.compiler"

    def convert_datetimefield_value(
        self,
        value: dt.datetime | None,
        expression: object,
        connection: "DatabaseWrapper",
    ) -> dt.datetime | None:
        """Return a moment in the zone that the database's are in."""
        if value is None:
            return None
        if connection.timezone is not dt.UTC:
            return super().convert_datetimefield_value(value, expression, connection)
        # ``replace`` takes four times as long.
        return dt.datetime.combine(value, value.time(), dt.UTC)


class _Cursor(base.CursorWrapper):
    """Django's own, whose statements are counted."""

    def __init__(self, cursor: Any, link: "DatabaseWrapper") -> None:  # noqa: ANN401
        super().__init__(cursor)
        self._link = link

    def execute(self, query: Any, args: Any = None) -> Any:  # noqa: ANN401
        """Run a statement."""
        start = time.perf_counter()
        try:
            return super().execute(query, args)
        finally:
            self._link.count(1, start)

    def executemany(self, query: Any, args: Any) -> Any:  # noqa: ANN401
        """Run a statement with each of some values."""
        start = time.perf_counter()
        try:
            return super().executemany(query, args)
        finally:
            self._link.count(1, start)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with cheaper health checks and transactions.

    ``CONN_HEALTH_CHECKS``: Django pings the server in each request, before the first
    statement. A connection that was used a moment ago is as good as one that has
    answered a ping: should the server have died since, it is not back yet, and the
    request is answered 503 either way. Any other is asked.

    A transaction is begun by ``BEGIN``. Django switches autocommit off for it, and on
    again after the ``COMMIT``: one trip more.

    ``read`` asks the driver's connection. Three cursors, one around the other, take as
    long to run a short statement as MariaDB does.

    Attributes:
        statements: How many have been run, by whatever way.
        seconds: For how long MariaDB was waited for.
    """

    ops_class = DatabaseOperations

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **options)
        self._used_at = -FRESH_SECONDS
        self.statements = 0
        self.seconds = 0.0

    def get_connection_params(self) -> dict[str, Any]:
        """Return what a connection is made with, and how it reads values."""
        parameters = super().get_connection_params()
        quicker = {
            # The driver's own is written in Python; strict modes store no zero dates.
            FIELD_TYPE.DATETIME: dt.datetime.fromisoformat,
            FIELD_TYPE.NEWDECIMAL: _decimal,
        }
        return {**parameters, "conv": parameters["conv"] | quicker}

    def close_if_health_check_failed(self) -> None:
        """Ping, unless the connection is fresh."""
        if time.monotonic() - self._used_at < FRESH_SECONDS:
            self.health_check_done = True
        super().close_if_health_check_failed()

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ANN401
        """Return a cursor; it is about to be used."""
        self._used_at = time.monotonic()
        return _Cursor(super().create_cursor(name).cursor, self)

    def count(self, statements: int, since: float) -> None:
        """Add what was run since a moment of ``time.perf_counter()``."""
        self.statements += statements
        self.seconds += time.perf_counter() - since

    def read(self, statements: Sequence[Statement]) -> list[Rows]:
        """Return the rows of each of some statements, in one trip to the server.

        The same goes before it as before a cursor's. Who watches statements sees each
        by itself: wrappers, with no cursor in their context, and the log, which is
        written by cursors alone.
        """
        if not statements:
            return []
        if self.queries_logged:
            return [self._read_by_cursor(*statement) for statement in statements]
        self.validate_thread_sharing()
        if not self.health_check_done or self.connection is None:
            self.close_if_health_check_failed()
            self.ensure_connection()
        self.validate_no_broken_transaction()
        self._used_at = time.monotonic()
        if self.execute_wrappers:
            return [self._read_wrapped(*statement) for statement in statements]
        return self._read(statements)

    def _read_by_cursor(self, sql: str, parameters: Sequence[object]) -> Rows:
        with self.cursor() as cursor:
            cursor.execute(sql, cast("Any", parameters))
            rows: Rows = cursor.fetchall()
            return rows

    def _read_wrapped(self, sql: str, parameters: Sequence[object]) -> Rows:
        """Run a statement as Django's cursor does; ``execute`` is called the same."""

        def execute(sql: str, parameters: Sequence[object], *_others: object) -> Rows:
            (rows,) = self._read([(sql, parameters)])
            return rows

        for wrapper in reversed(self.execute_wrappers):
            execute = partial(wrapper, execute)
        return execute(sql, parameters, False, {"connection": self, "cursor": None})

    def _read(self, statements: Sequence[Statement]) -> list[Rows]:
        driver, start = self.connection, time.perf_counter()
        with self.wrap_database_errors:
            texts = [
                sql.encode(driver.encoding) % _literals(driver, parameters)
                for sql, parameters in statements
            ]
            try:
                driver.query(b";".join(texts))
                found = [driver.store_result().fetch_row(0)]
                for _ in statements[1:]:
                    driver.next_result()
                    found.append(driver.store_result().fetch_row(0))
            except driver.Error:
                raise  # what comes behind was not run
            except BaseException:
                self.close()  # rows that nobody fetches are in the way
                raise
            finally:
                self.count(len(statements), start)
            return found

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction; Django calls this in place of switching autocommit."""
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            self.connection.begin()


def _literals(driver: Any, parameters: Sequence[object]) -> tuple[bytes, ...]:  # noqa: ANN401
    """Write parameters as SQL; most are whole numbers, for which few calls do."""
    return tuple(
        [
            b"%d" % each if type(each) is int else driver.literal(each)
            for each in parameters
        ]
    )
