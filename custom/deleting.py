"""Deleting rows of a queue while others are being added."""

from collections.abc import Collection

from django.db import connection
from django.db.models import Model


def delete_rows(model: type[Model], pks: Collection[int]) -> None:
    """Delete the rows of these keys and lock no other; 1 statement, none if no keys.

    ``WHERE id IN (…)`` would not do: where the keys are most of a small table the
    server reads all of it, and waits for whoever has just added a row and not
    committed. So it is led from each key to its row. No signals are sent, and nothing
    may point at the rows.
    """
    if not pks:
        return
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
    keys = " UNION ALL SELECT ".join(["%s AS pk", *["%s"] * (len(pks) - 1)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE gone FROM (SELECT {keys}) AS wanted "
            f"STRAIGHT_JOIN {table} AS gone FORCE INDEX (PRIMARY) "
            "ON gone.id = wanted.pk",
            list(pks),
        )
