"""Deleting what is old, a few rows in each transaction, so that nobody waits long."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import QuerySet

from custom.transactions import run_in_transaction


def purge_in_batches(
    rows: QuerySet[Any],
    *,
    batch: int,
    delete: Callable[[list[int]], int] | None = None,
) -> int:
    """Delete all rows of a queryset; count them.

    Args:
        rows: Ordered by an index, the oldest first; read again for each batch.
        batch: Rows in one transaction.
        delete: Deletes rows of these keys and counts them, where not all may go any
            more or others go with them; runs in the batch's transaction.
    """
    delete = delete or partial(_delete, rows)
    total = 0
    while pks := list(rows.values_list("pk", flat=True)[:batch]):
        total += run_in_transaction(partial(delete, pks), replayable=True)
    return total


def _delete(rows: QuerySet[Any], pks: list[int]) -> int:
    return rows.model._default_manager.filter(pk__in=pks).delete()[0]  # noqa: SLF001
