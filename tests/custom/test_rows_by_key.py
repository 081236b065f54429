from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

from django.db import OperationalError, connection
from django.db.models import F, Q, QuerySet
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from custom.models import OutboxMessage
from custom.mysql.compiler import lock_through
from custom.outbox import _finish
from custom.transactions import (
    LOCK_WAIT_TIMEOUT,
    error_number,
    lock_wait,
    run_in_transaction,
)
from partner.models import StockLevel
from tests.custom.rivals import await_waiting

HINT = "FORCE INDEX (PRIMARY)"


def make_message(**fields: Any) -> OutboxMessage:  # noqa: ANN401
    return OutboxMessage.objects.create(
        topic="test", payload={}, **{"next_at": timezone.now()} | fields
    )


class MovedRowTests(TransactionTestCase):
    """A row that goes back in an index while an UPDATE waits for it"""

    def setUp(self) -> None:
        self.message = make_message(claimed_by="me")

    def meet(self, change: Callable[[], int]) -> int:
        """Move the message on, then back, while ``change`` waits; return its rows."""

        def run() -> int:
            try:
                with lock_wait(30):
                    return change()
            finally:
                connection.close()

        def move() -> Future[int]:
            one = OutboxMessage.objects.filter(pk=self.message.pk)
            one.update(next_at=F("next_at") + timedelta(minutes=1))
            rows = pool.submit(run)
            await_waiting()
            one.update(next_at=F("next_at") - timedelta(minutes=2))
            return rows

        with ThreadPoolExecutor(1) as pool:
            return run_in_transaction(move).result()

    def test_is_lost_by_that_index(self) -> None:
        def change() -> int:
            with connection.cursor() as cursor:
                return cursor.execute(
                    "UPDATE custom_outboxmessage FORCE INDEX (outboxmessage_due) "
                    "SET done_at = NOW() WHERE state = 'pending' AND id = %s",
                    [self.message.pk],
                )

        self.assertEqual(self.meet(change), 0)

    def test_is_found_by_its_key(self) -> None:
        self.assertEqual(self.meet(lambda: _finish(self.message)), 1)
        self.message.refresh_from_db()
        self.assertEqual(self.message.state, OutboxMessage.State.DONE)


class AddedRowTests(TransactionTestCase):
    """A lock of all rows of a small table, while another row is being added"""

    def lock_while_one_is_added(self, lock: Callable[[list[int]], int]) -> int:
        """Return the rows of ``lock``, which may wait for a second."""
        keys = [make_message().pk for _ in range(3)]
        is_added, is_locked = Event(), Event()

        def add() -> None:
            make_message()
            is_added.set()
            is_locked.wait(30)

        def run() -> None:
            try:
                run_in_transaction(add)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            adding = pool.submit(run)
            is_added.wait(30)
            try:
                with lock_wait(1):
                    return lock(keys)
            finally:
                is_locked.set()
                adding.result()

    def test_a_scan_waits_for_it(self) -> None:
        def lock(keys: list[int]) -> int:
            with connection.cursor() as cursor:
                return cursor.execute(
                    "SELECT * FROM custom_outboxmessage IGNORE INDEX (PRIMARY) "
                    "WHERE id IN (%s, %s, %s) FOR UPDATE",
                    keys,
                )

        with self.assertRaises(OperationalError) as caught:
            self.lock_while_one_is_added(lock)
        self.assertEqual(error_number(caught.exception), LOCK_WAIT_TIMEOUT)

    def test_a_lock_by_keys_does_not(self) -> None:
        def lock(keys: list[int]) -> int:
            rows = OutboxMessage.objects.select_for_update().filter(pk__in=keys)
            return run_in_transaction(lambda: len(rows.order_by()))

        self.assertEqual(self.lock_while_one_is_added(lock), 3)


class HintTests(TestCase):
    """Which statements go by the key"""

    def statement(self, work: Callable[[], object]) -> str:
        with CaptureQueriesContext(connection) as asked:
            work()
        return next(
            query["sql"]
            for query in asked
            if query["sql"].startswith(("UPDATE", "SELECT", "DELETE"))
        )

    def changed(self, rows: QuerySet[Any]) -> str:
        return self.statement(lambda: rows.update(version=1))

    def test_changes_of_rows_by_key(self) -> None:
        rows = StockLevel.objects.filter(num_in_stock__gt=0)
        for name, wanted in {
            "one": rows.filter(pk=1),
            "one by its relation": rows.filter(stock_record=1),
            "some": rows.filter(pk__in=[1, 2]).order_by("pk"),
            "nested": rows.filter(Q(Q(pk=1) & Q(num_allocated=0)), version=1),
            "not some of them": rows.filter(pk__in=[1, 2]).exclude(pk=2),
        }.items():
            with self.subTest(name):
                self.assertIn(
                    f"`partner_stocklevel` {HINT} SET `version` = 1 WHERE",
                    self.changed(wanted),
                )

    def test_changes_of_other_rows(self) -> None:
        rows = StockLevel.objects.filter(num_in_stock__gt=0)
        for name, wanted in {
            "all": StockLevel.objects.all(),
            "no key": rows,
            "one or others": StockLevel.objects.filter(Q(pk=1) | Q(version=0)),
            "all but one": rows.exclude(pk=1),
            "from one on": rows.filter(pk__gte=1),
            "those of a query": rows.filter(
                pk__in=OutboxMessage.objects.values("attempts")
            ),
            "key of another column": rows.filter(pk=F("version")),
        }.items():
            with self.subTest(name):
                sql = self.changed(wanted)
                self.assertTrue(sql.startswith("UPDATE"))
                self.assertNotIn("FORCE", sql)

    def test_locks(self) -> None:
        some = OutboxMessage.objects.pending().filter(pk__in=[1, 2])
        for name, wanted in {
            "plain": some.select_for_update(),
            "past what is locked": some.select_for_update(skip_locked=True),
        }.items():
            with self.subTest(name):
                sql = self.statement(lambda wanted=wanted: list(wanted))
                self.assertIn(f"`custom_outboxmessage` {HINT} WHERE", sql)
        others = OutboxMessage.objects.pending().select_for_update()
        for name, wanted in {"reads": some, "locks of a group": others}.items():
            with self.subTest(name):
                sql = self.statement(lambda wanted=wanted: list(wanted))
                self.assertNotIn("FORCE", sql)

    def test_rows_by_another_unique_key(self) -> None:
        rows = lock_through(OutboxMessage.objects.pending(), "outboxmessage_due")
        by_key = rows.filter(pk__in=[1, 2])
        for name, index, work in (
            ("locked", "`outboxmessage_due`", lambda: list(rows.select_for_update())),
            ("changed", "`outboxmessage_due`", lambda: rows.update(last_error="")),
            ("by key", "PRIMARY", lambda: by_key.update(last_error="")),
        ):
            with self.subTest(name):
                hint = f"`custom_outboxmessage` FORCE INDEX ({index}) "
                self.assertIn(hint, self.statement(work))
        with self.subTest("read"):
            self.assertNotIn("FORCE", self.statement(lambda: list(rows)))

    def test_index_that_looks_cheaper_is_not_taken(self) -> None:
        message = make_message()  # one is due, so that the index leads to one row too
        held = OutboxMessage.objects.held(message.pk, "")
        sql = self.statement(lambda: held.update(last_error="any"))
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}")
            names = [column[0] for column in cursor.description]
            (plan,) = cursor.fetchall()
        self.assertEqual(dict(zip(names, plan, strict=True))["key"], "PRIMARY")
