"""A second session beside the test's own, to meet it in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import MySQLdb
from django.db import connection

from tests.waiting import wait_until

CACHED_SECONDS = 0.11  # for so long the server tells again who waited before


@contextmanager
def rival_session() -> Iterator[Any]:
    """Yield a cursor of another session, in a transaction that ends undone."""
    session = MySQLdb.connect(**connection.get_connection_params())
    try:
        yield session.cursor()
        session.rollback()
    finally:
        session.close()


def await_waiting() -> None:
    """Block until a transaction in this database waits for a lock."""
    wait_until(_is_waited_for, "a lock", pause=CACHED_SECONDS)


def _is_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.innodb_trx "
            "JOIN information_schema.processlist ON id = trx_mysql_thread_id "
            "WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()"
        )
        return cursor.fetchone() != (0,)
