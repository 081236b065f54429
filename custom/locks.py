"""Locks by name, for work that no single row stands for (a category tree)."""

from django.db import connection

STATEMENT = (
    "INSERT INTO custom_namedlock (name, taken) VALUES (%s, 1) "
    "ON DUPLICATE KEY UPDATE taken = taken + 1"
)


def lock_named(name: str) -> None:
    """Hold the lock of this name until the transaction ends; 1 statement.

    The one statement makes the row on first use and locks it exclusively ever after,
    so no two sessions can share it and wait for each other. It changes the row, so
    that a cluster that certifies writes sees the conflict too.

    Raises:
        RuntimeError: No transaction is open, so the lock would be gone at once.
    """
    if not connection.in_atomic_block:
        msg = "lock_named() must run inside the transaction it protects"
        raise RuntimeError(msg)
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [name])
