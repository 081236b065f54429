"""Going through many rows, some in each transaction."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet

from custom.transactions import run_in_transaction

BATCH = 500  # rows in one transaction, and in one statement of an export


def each_batch(rows: QuerySet[Any, Any], work: Callable[[list[int]], object]) -> None:
    """Call ``work`` with the keys of all rows, each batch in its own transaction.

    Goes on from the last key, so that rows may stay what they are; repeating is
    harmless if the work is.
    """
    last = 0
    while pks := _keys_after(rows, last):
        run_in_transaction(partial(work, pks), replayable=True)
        last = pks[-1]


def empty_columns(rows: QuerySet[Any, Any], **values: object) -> None:
    """Write the same values to all rows; no signals are sent, no version is made."""
    model = rows.model
    each_batch(
        rows,
        lambda pks: model._base_manager.filter(pk__in=pks).update(**values),  # noqa: SLF001 - public
    )


def delete_all(rows: QuerySet[Any, Any]) -> None:
    """Delete all rows, with what belongs to them; no version is made of it."""
    model = rows.model
    each_batch(
        rows,
        lambda pks: model._base_manager.filter(pk__in=pks).delete(),  # noqa: SLF001 - public
    )


def values_in_batches(
    rows: QuerySet[Any, Any], columns: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    """Yield columns of all rows by ascending key; memory holds one batch.

    The driver reads whole results, so one query for all rows would not do.
    """
    last = 0
    ordered = rows.order_by("pk")
    while batch := list(ordered.filter(pk__gt=last).values("pk", *columns)[:BATCH]):
        last = batch[-1]["pk"]
        for row in batch:
            yield {name: row[name] for name in columns}


def _keys_after(rows: QuerySet[Any, Any], last: int) -> list[int]:
    after = rows.filter(pk__gt=last).order_by("pk")
    return list(after.values_list("pk", flat=True)[:BATCH])
