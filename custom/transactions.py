"""The one place that opens transactions and the one that runs them again.

Why nobody else may: an error 1213 has already rolled everything back, and one that
is caught inside the block lets COMMIT keep the statements made after it. See
docs/decisions/0003-transactions.md.
"""

import functools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic, TransactionManagementError

from custom.errors import UnavailableError

if TYPE_CHECKING:
    from custom.mysql.base import DatabaseWrapper

P = ParamSpec("P")
T = TypeVar("T")

logger = structlog.get_logger(__name__)

DEADLOCK = 1213
LOCK_WAIT_TIMEOUT = 1205
DUPLICATE_KEY = 1062
# Nothing was kept, and the same work may succeed now: deadlock, lock wait, changed
# snapshot, commit refused (engine, Galera not ready, group replication).
RETRYABLE = frozenset({DEADLOCK, LOCK_WAIT_TIMEOUT, 1020, 1180, 1047, 3101})
# The connection is gone, or leads to a server that no longer takes writes. When it
# went during COMMIT, nobody knows whether the work was kept.
DISCONNECTED = frozenset({2002, 2003, 2006, 2013, 2055, 1053, 1927, 1290, 1836})

MAX_TRIES = 8
MAX_SECONDS = 8.0
FIRST_PAUSE = 0.02  # seconds; doubled each time, drawn at random from 0 upwards
LONGEST_PAUSE = 1.0  # seconds


class DatabaseBusyError(UnavailableError):
    """The database could not do the work in time; nothing was acknowledged."""

    code = "unavailable"
    title = "Service unavailable"


class _OwnBlock(Atomic):
    """A block opened here, told apart from one that a caller opened."""

    def __init__(
        self, *, savepoint: bool = True, durable: bool = False, catches: bool = False
    ) -> None:
        super().__init__(DEFAULT_DB_ALIAS, savepoint, durable)
        self.catches = catches


def error_number(error: BaseException) -> int | None:
    """Return the server's or driver's number of a database error, if it has one."""
    number = error.args[0] if error.args else None
    return number if isinstance(number, int) else None


def is_transaction_open() -> bool:
    """Tell whether a block is open that the caller's work would join."""
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        return False
    return not getattr(connection.atomic_blocks[-1], "_from_testcase", False)


def run_in_transaction(
    work: Callable[[], T], *, replayable: bool = False, catches: bool = False
) -> T:
    """Run ``work`` in one transaction, again from its start when the server says so.

    Inside a block that is already open ``work`` joins it and is not repeated: in one
    of this module's own, a refusal that somebody catches makes the whole transaction
    fail, unless it ``catches``; there, and in one opened elsewhere, a savepoint lets it
    leave nothing. The block of a ``TestCase`` does not count as open.

    Args:
        work: Does nothing but SQL and reads all it uses again each time.
        replayable: Repeating finished work is harmless, as behind an idempotency
            key; only then is a lost connection a reason to repeat.
        catches: The work catches refusals of services and goes on, as pages do.

    Raises:
        DatabaseBusyError: Eight tries or eight seconds were not enough, or the
            connection was lost and repeating is not safe.
        TransactionManagementError: The work caught an error that undid its block.
    """
    connection = transaction.get_connection()
    if is_transaction_open():
        outer = connection.atomic_blocks[-1]
        joins_own = isinstance(outer, _OwnBlock) and not outer.catches
        with _OwnBlock(savepoint=not joins_own):
            return _whole(work)
    started = time.monotonic()
    for attempt in range(1, MAX_TRIES + 1):
        try:
            with _OwnBlock(durable=True, catches=catches):
                return _whole(work)
        except (DatabaseError, InterfaceError) as error:
            if not _may_repeat(error, connection, replayable=replayable):
                raise
            pause = _pause_before_retry(attempt)
            spent = time.monotonic() - started
            if attempt == MAX_TRIES or spent + pause > MAX_SECONDS:
                raise _give_up(error) from error
            logger.info(
                "transaction_repeated", attempt=attempt, number=error_number(error)
            )
            time.sleep(pause)
    msg = "unreachable: the last try returns or raises"
    raise AssertionError(msg)


def transactional(service: Callable[P, T]) -> Callable[P, T]:
    """Make a service run in :func:`run_in_transaction` whenever it is called."""

    @functools.wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return run_in_transaction(lambda: service(*args, **kwargs))

    return run


@contextmanager
def refused_when_busy() -> Iterator[None]:
    """Turn what may succeed another time into a refusal; stands round the block.

    For blocks opened elsewhere (Django's own pages), which nobody runs again.

    Raises:
        DatabaseBusyError: A deadlock, or a lock somebody else kept for too long.
    """
    try:
        yield
    except DatabaseError as error:
        if error_number(error) not in RETRYABLE:
            raise
        raise _give_up(error) from error


@contextmanager
def lock_wait(seconds: int) -> Iterator[None]:
    """Wait at most this long for each row lock inside the block.

    MySQL has the limit set for its session and set back, 2 statements more.
    """
    connection = cast("DatabaseWrapper", transaction.get_connection())
    if not connection.mysql_is_mariadb:
        with _session_lock_wait(seconds):
            yield
        return
    limit = f"SET STATEMENT innodb_lock_wait_timeout = {int(seconds)} FOR "

    def limited(execute: Callable[..., T], sql: str, *others: object) -> T:
        return execute(limit + sql, *others)

    with connection.execute_wrapper(limited):
        yield


@contextmanager
def _session_lock_wait(seconds: int) -> Iterator[None]:
    """Set the limit for the session; 2 statements."""
    connection = transaction.get_connection()
    statement = "SET innodb_lock_wait_timeout = %s"
    with connection.cursor() as cursor:
        cursor.execute(statement, [seconds])
    try:
        yield
    except BaseException:
        # Django refuses statements after an error in a block; the driver does not.
        if connection.connection is not None and not _is_closed(connection):
            with connection.connection.cursor() as raw:
                raw.execute(statement, [settings.LOCK_WAIT_SECONDS])
        raise
    with connection.cursor() as cursor:
        cursor.execute(statement, [settings.LOCK_WAIT_SECONDS])


def _whole(work: Callable[[], T]) -> T:
    """Do the work, and fail if it swallowed an error that spoilt its transaction.

    Django rolls such a block back without a word, and the caller would believe that
    what it returned was stored.
    """
    result = work()
    if transaction.get_rollback():
        msg = "an error inside the transaction was caught; nothing of it is kept"
        raise TransactionManagementError(msg)
    return result


def _is_closed(connection: BaseDatabaseWrapper) -> bool:
    """Tell whether the session is gone, and its settings with it; 1 round trip."""
    return not connection.is_usable()


def _may_repeat(
    error: Exception, connection: BaseDatabaseWrapper, *, replayable: bool
) -> bool:
    """Decide whether the work may run again; drops a connection that is of no use."""
    number = error_number(error)
    if number in RETRYABLE:
        return True
    if number not in DISCONNECTED and not isinstance(error, InterfaceError):
        return False
    if connection.in_atomic_block:  # a TestCase's: it cannot outlive its connection
        return False
    connection.close()
    if replayable:
        return True
    raise _give_up(error) from error


def _pause_before_retry(attempt: int) -> float:
    """Draw the seconds to wait after this many tries (full jitter)."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
    return random.uniform(0, longest)  # noqa: S311 - spreads load, guards nothing


def _give_up(error: Exception) -> DatabaseBusyError:
    """Log why, and return what the caller is told."""
    logger.warning("transaction_given_up", number=error_number(error))
    return DatabaseBusyError("The shop is busy. Please try again in a moment.")
