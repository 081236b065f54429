"""A second session beside the test's own, to meet it in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import MySQLdb
from django.db import connection


@contextmanager
def rival_session() -> Iterator[Any]:
    """Yield a cursor of another session, in a transaction that ends undone."""
    session = MySQLdb.connect(**connection.get_connection_params())
    try:
        yield session.cursor()
        session.rollback()
    finally:
        session.close()
