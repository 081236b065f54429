import time
from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from typing import Any, ClassVar, cast
from unittest import mock

from django.db import OperationalError, connection, connections
from django.db.transaction import TransactionManagementError, set_rollback
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from custom.mysql.base import FRESH_SECONDS, DatabaseWrapper, Rows, Statement

Execute = Callable[..., Rows]
FRESH = -60  # seconds of idleness: not even a busy machine gets beyond FRESH_SECONDS


class HealthCheckTests(TestCase):
    """A connection in use is taken to be alive, an idle one is asked"""

    def setUp(self) -> None:
        self.link: Any = connection.copy()
        self.addCleanup(self.link.close)
        self.number = self.ask()

    def ask(self) -> int:
        with self.link.cursor() as cursor:
            cursor.execute("SELECT CONNECTION_ID()")
            ((number,),) = cursor.fetchall()
        return int(number)

    def begin_request(self, *, idle: float) -> None:
        self.link.close_if_unusable_or_obsolete()
        self.link._used_at = time.monotonic() - idle

    def kill(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("KILL %s", [self.number])

    def test_settings_name_it(self) -> None:
        self.assertIsInstance(self.link, DatabaseWrapper)
        self.assertTrue(self.link.health_check_enabled)

    def test_fresh_one_is_not_asked(self) -> None:
        self.begin_request(idle=FRESH)
        with mock.patch.object(self.link, "is_usable") as asked:
            self.assertEqual(self.ask(), self.number)
        asked.assert_not_called()

    def test_idle_one_is_asked_once_a_request(self) -> None:
        for _ in range(2):
            self.begin_request(idle=FRESH_SECONDS)
            with mock.patch.object(self.link, "is_usable", return_value=True) as asked:
                self.ask()
                self.ask()
            asked.assert_called_once_with()

    def test_lost_while_idle_is_replaced(self) -> None:
        self.kill()
        self.begin_request(idle=FRESH_SECONDS)
        self.assertNotEqual(self.ask(), self.number)

    def test_lost_while_fresh_fails_one_request(self) -> None:
        self.kill()
        self.begin_request(idle=FRESH)
        with self.assertRaises(OperationalError):
            self.ask()
        self.begin_request(idle=FRESH)
        self.assertNotEqual(self.ask(), self.number)


class ReadTests(TestCase):
    """Statements that read, past the cursors"""

    STATEMENTS: ClassVar[list[Statement]] = [
        ("SELECT %s, %s UNION SELECT 3, '%%'", (1, "it's 100 % ;")),
        ("SELECT 1 WHERE 1 = %s", (2,)),
        ("SELECT %s", ("\\ é",)),
    ]
    ROWS: ClassVar[list[Rows]] = [
        ((1, "it's 100 % ;"), (3, "%")),
        (),
        (("\\ é",),),
    ]

    def read(self, *statements: Statement) -> list[Rows]:
        return cast("DatabaseWrapper", connections["default"]).read(statements)

    def test_rows_of_each_statement_in_one_trip(self) -> None:
        driver = connection.connection
        with mock.patch.object(type(driver), "query", autospec=True) as query:
            query.side_effect = type(driver).__mro__[1].query
            self.assertEqual(self.read(*self.STATEMENTS), self.ROWS)
        query.assert_called_once()
        self.assertEqual(self.read(), [])

    def test_log_has_each_statement(self) -> None:
        with CaptureQueriesContext(connection) as asked:
            self.assertEqual(self.read(*self.STATEMENTS), self.ROWS)
        self.assertEqual(len(asked), 3)
        self.assertEqual(asked[1]["sql"], "SELECT 1 WHERE 1 = 2")

    def test_wrappers_see_and_change_each_statement(self) -> None:
        seen: list[str] = []

        def note(execute: Execute, sql: str, *others: Any) -> Rows:  # noqa: ANN401
            seen.append(sql)
            return execute(sql.replace("SELECT 1", "SELECT 5"), *others)

        def alter(execute: Execute, sql: str, values: Any, *others: Any) -> Rows:  # noqa: ANN401
            return execute(sql, (5,) if values == (2,) else values, *others)

        with connection.execute_wrapper(alter), connection.execute_wrapper(note):
            rows = self.read(("SELECT 1 WHERE 5 = %s", (2,)), ("SELECT 2", ()))
        self.assertEqual(rows, [((5,),), ((2,),)])
        self.assertEqual(seen, ["SELECT 1 WHERE 5 = %s", "SELECT 2"])

    def test_failure_of_any_leaves_the_connection_usable(self) -> None:
        good, bad = ("SELECT 1", ()), ("SELECT nothing", ())
        for statements in ([bad], [bad, good], [good, bad], [good, bad, good]):
            with (
                self.subTest(statements),
                self.assertRaisesMessage(OperationalError, "nothing"),
            ):
                self.read(*statements)
            self.assertEqual(self.read(good), [((1,),)])

    def test_statements_are_counted_whatever_way_they_take(self) -> None:
        link = cast("DatabaseWrapper", connections["default"])
        before, seconds = link.statements, link.seconds
        self.read(*self.STATEMENTS)
        self.assertEqual(link.statements - before, 3)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.executemany("SELECT %s", [(1,), (2,)])
        self.assertEqual(link.statements - before, 5)
        with self.assertRaises(OperationalError):
            self.read(("SELECT nothing", ()))
        with self.assertRaises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT nothing")
        self.assertEqual(link.statements - before, 7)
        self.assertGreater(link.seconds, seconds)

    def test_interruption_leaves_no_rows_behind(self) -> None:
        link: Any = connection.copy()
        self.addCleanup(link.close)
        link.ensure_connection()
        for name in ("next_result", "store_result"):
            with (
                mock.patch.object(
                    type(link.connection), name, side_effect=KeyboardInterrupt
                ),
                self.assertRaises(KeyboardInterrupt),
            ):
                link.read([("SELECT 1", ()), ("SELECT 2", ())])
            self.assertEqual(link.read([("SELECT 3", ())]), [((3,),)])

    def test_broken_transaction_is_refused(self) -> None:
        set_rollback(True)
        try:
            with self.assertRaises(TransactionManagementError):
                self.read(("SELECT 1", ()))
        finally:
            set_rollback(False)
        self.assertEqual(self.read(("SELECT 1", ())), [((1,),)])

    def test_amounts_are_exact_and_made_once(self) -> None:
        amounts = ("SELECT 1.5, 1.50, -0.001, 12345678901234567890.123, 1.50", ())
        ((row,),) = self.read(amounts)
        self.assertEqual(
            [str(each) for each in row],
            ["1.5", "1.50", "-0.001", "12345678901234567890.123", "1.50"],
        )
        self.assertIsInstance(row[0], Decimal)
        self.assertIs(row[1], row[4])

    def test_moments_are_in_utc(self) -> None:
        moment = timezone.now()
        convert = connection.ops.convert_datetimefield_value
        naive = moment.replace(tzinfo=None)
        self.assertEqual(convert(naive, None, connection), moment)
        self.assertIs(convert(naive, None, connection).tzinfo, UTC)
        self.assertIsNone(convert(None, None, connection))
