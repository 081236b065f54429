from threading import Event, Thread
from unittest import mock

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test import TestCase, TransactionTestCase

from custom import transactions
from custom.errors import ConflictError
from custom.models import NamedLock
from custom.transactions import (
    DatabaseBusyError,
    lock_wait,
    run_in_transaction,
    transactional,
)
from tests.custom.rivals import await_waiting, rival_session

UPDATE = "UPDATE custom_namedlock SET taken = taken + 1 WHERE name = %s"


class RefusedError(ConflictError):
    code = "refused"
    title = "Refused"

    def __init__(self) -> None:
        super().__init__("No.")


def taken(name: str) -> int:
    return NamedLock.objects.get(pk=name).taken


def raise_lock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [name])


def session_lock_wait() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@innodb_lock_wait_timeout")
        return int(cursor.fetchone()[0])


class RetryTests(TransactionTestCase):
    """run_in_transaction against what the server really answers."""

    def setUp(self) -> None:
        NamedLock.objects.bulk_create(
            NamedLock(name=name) for name in ("first", "second", "a", "b", "c", "d")
        )

    def test_deadlock_runs_the_whole_work_again(self) -> None:
        tries: list[int] = []
        held, goes_on = Event(), Event()

        def rival() -> None:
            with rival_session() as cursor:
                cursor.execute("SET innodb_lock_wait_timeout = 60")
                # More rows changed: the server rolls the lighter session back.
                for name in ("a", "b", "c", "d", "second"):
                    cursor.execute(UPDATE, [name])
                held.set()
                goes_on.wait()
                cursor.execute(UPDATE, ["first"])
                cursor.connection.commit()

        def work() -> None:
            tries.append(1)
            raise_lock("first")
            if len(tries) == 1:
                held.wait()
                goes_on.set()
                await_waiting()
            raise_lock("second")

        other = Thread(target=rival)
        other.start()
        run_in_transaction(work)
        other.join()
        self.assertEqual(len(tries), 2)
        self.assertEqual((taken("first"), taken("second"), taken("a")), (2, 2, 1))

    def test_lock_wait_timeout_runs_the_whole_work_again(self) -> None:
        tries: list[int] = []
        with rival_session() as cursor:
            cursor.execute(UPDATE, ["second"])

            def work() -> None:
                tries.append(1)
                if len(tries) == 2:
                    cursor.connection.rollback()
                raise_lock("first")
                with lock_wait(1):
                    raise_lock("second")

            run_in_transaction(work)
        self.assertEqual(len(tries), 2)
        self.assertEqual((taken("first"), taken("second")), (1, 1))

    def test_lock_wait_ends_with_its_block_even_after_an_error(self) -> None:
        with rival_session() as cursor:
            cursor.execute(UPDATE, ["first"])

            def work() -> None:
                with lock_wait(1):
                    self.assertEqual(session_lock_wait(), 1)
                    raise_lock("first")

            with (
                mock.patch.object(transactions, "MAX_TRIES", 1),
                self.assertLogs("custom.transactions", "WARNING"),
                self.assertRaises(DatabaseBusyError),
            ):
                run_in_transaction(work)
        self.assertEqual(session_lock_wait(), 3)
        run_in_transaction(work)
        self.assertEqual(session_lock_wait(), 3)

    def lose_connection_once(self, *, replayable: bool) -> list[int]:
        tries: list[int] = []

        def work() -> None:
            tries.append(connection.connection.thread_id())
            raise_lock("first")
            if len(tries) == 1:
                with rival_session() as cursor:
                    cursor.execute("KILL %s", [tries[0]])
            raise_lock("second")

        try:
            run_in_transaction(work, replayable=replayable)
        finally:
            self.tries = tries
        return tries

    def test_lost_connection_runs_replayable_work_again(self) -> None:
        tries = self.lose_connection_once(replayable=True)
        self.assertEqual(len(set(tries)), 2)
        self.assertEqual((taken("first"), taken("second")), (1, 1))

    def test_lost_connection_ends_work_that_may_not_be_repeated(self) -> None:
        with (
            self.assertLogs("custom.transactions", "WARNING"),
            self.assertRaises(DatabaseBusyError) as caught,
        ):
            self.lose_connection_once(replayable=False)
        self.assertEqual(caught.exception.code, "unavailable")
        self.assertEqual(len(self.tries), 1)
        self.assertEqual((taken("first"), taken("second")), (0, 0))

    def test_work_that_never_succeeds_is_given_up_after_eight_tries(self) -> None:
        work = mock.Mock(side_effect=OperationalError(1213, "Deadlock found"))
        with (
            mock.patch.object(transactions, "FIRST_PAUSE", 0.0),
            self.assertLogs("custom.transactions", "WARNING"),
            self.assertRaises(DatabaseBusyError) as caught,
        ):
            run_in_transaction(work)
        self.assertEqual(work.call_count, 8)
        self.assertEqual(caught.exception.retry_after, 1)

    def test_work_is_given_up_when_its_time_is_over(self) -> None:
        work = mock.Mock(side_effect=OperationalError(1213, "Deadlock found"))
        with (
            mock.patch.object(transactions, "MAX_SECONDS", 0.0),
            self.assertLogs("custom.transactions", "WARNING"),
            self.assertRaises(DatabaseBusyError),
        ):
            run_in_transaction(work)
        self.assertEqual(work.call_count, 1)

    def test_duplicate_key_is_not_repeated(self) -> None:
        tries: list[int] = []

        def work() -> None:
            tries.append(1)
            raise_lock("second")
            NamedLock.objects.create(name="first")

        with self.assertRaises(IntegrityError):
            run_in_transaction(work)
        self.assertEqual((len(tries), taken("second")), (1, 0))

    def test_refusal_undoes_everything(self) -> None:
        def work() -> None:
            raise_lock("first")
            raise RefusedError

        with self.assertRaises(RefusedError):
            run_in_transaction(work)
        self.assertEqual(taken("first"), 0)


class JoiningTests(TransactionTestCase):
    """run_in_transaction inside a block that is open already."""

    def setUp(self) -> None:
        NamedLock.objects.bulk_create(
            [NamedLock(name="outer"), NamedLock(name="inner")]
        )

    @staticmethod
    def refuse() -> None:
        raise_lock("inner")
        raise RefusedError

    def test_refusal_caught_in_a_foreign_block_leaves_nothing(self) -> None:
        with transaction.atomic():  # noqa: TID251 - as the admin does
            raise_lock("outer")
            with self.assertRaises(RefusedError):
                run_in_transaction(self.refuse)
        self.assertEqual((taken("outer"), taken("inner")), (1, 0))

    def test_refusal_caught_in_an_own_block_undoes_the_whole(self) -> None:
        def work() -> None:
            raise_lock("outer")
            with self.assertRaises(RefusedError):
                run_in_transaction(self.refuse)

        with self.assertRaises(TransactionManagementError):
            run_in_transaction(work)
        self.assertEqual((taken("outer"), taken("inner")), (0, 0))

    def test_refusal_caught_by_work_that_catches_leaves_nothing(self) -> None:
        def work() -> None:
            raise_lock("outer")
            with self.assertRaises(RefusedError):
                run_in_transaction(self.refuse)

        run_in_transaction(work, catches=True)
        self.assertEqual((taken("outer"), taken("inner")), (1, 0))

    def test_work_that_swallows_a_database_error_does_not_seem_to_succeed(self) -> None:
        def work() -> None:
            raise_lock("outer")
            with self.assertRaises(IntegrityError):
                NamedLock.objects.create(name="inner")

        with self.assertRaises(TransactionManagementError):
            run_in_transaction(work)
        self.assertEqual(taken("outer"), 0)

    def test_joining_an_own_block_costs_no_statement(self) -> None:
        @transactional
        def service(name: str, *, twice: bool) -> str:
            raise_lock(name)
            return f"{name} {twice}"

        with self.assertNumQueries(3):  # BEGIN, UPDATE, COMMIT
            made = run_in_transaction(lambda: service("inner", twice=True))
        self.assertEqual((made, taken("inner")), ("inner True", 1))

    def test_deadlock_inside_is_left_to_the_outermost_block(self) -> None:
        inner = mock.Mock(side_effect=[OperationalError(1213, "Deadlock found"), 7])
        outer = mock.Mock(side_effect=lambda: run_in_transaction(inner))
        self.assertEqual(run_in_transaction(outer), 7)
        self.assertEqual((outer.call_count, inner.call_count), (2, 2))


class TestCaseTests(TestCase):
    """The block of a TestCase does not count as open."""

    def test_work_is_repeated_there_too(self) -> None:
        work = mock.Mock(side_effect=[OperationalError(1213, "Deadlock found"), "done"])
        self.assertEqual(run_in_transaction(work), "done")
        self.assertEqual(work.call_count, 2)
