"""Making stored rows equal to counted ones, writing no more than differs."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from stats.models import SoldGoods
from stats.selectors.ledgers import Key, Rows

BATCH = 1000  # rows of one INSERT


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what its ledgers say.

    Attributes:
        key: What tells the row apart within its day or month.
        stored: Measure -> number; empty if there is no row.
        counted: The same from the ledgers; empty if there should be no row.
        pk: Of the row, if there is one.
    """

    key: Key
    stored: dict[str, Any]
    counted: dict[str, Any]
    pk: int | None


def differences(stored: QuerySet[Any], counted: Rows) -> Iterator[Difference]:
    """Yield what differs between the rows of one day or month; 1 query.

    Args:
        stored: All rows of the day or month, of one table.
        counted: What its ledgers say; rows of nothing but zeros do not count.
    """
    model: type[SoldGoods] = stored.model
    names = (*model.copied, *model.measures)
    rows = stored.order_by().values_list("pk", *model.keys, *names)
    width = 1 + len(model.keys)
    old = {row[1:width]: dict(zip(names, row[width:], strict=True)) for row in rows}
    pks = {row[1:width]: row[0] for row in rows}
    new = {
        key: {name: row[name] for name in names}
        for key, row in counted.items()
        if any(row[name] for name in model.measures)
    }
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, {}), new.get(key, {})
        if before != after:
            yield Difference(key, before, after, pks.get(key))


def store(stored: QuerySet[Any], counted: Rows, **when: date) -> list[Key]:
    """Make the rows of one day or month what their ledgers say; at most 3 statements.

    Returns:
        Keys of the rows that were changed.
    """
    model: Any = stored.model
    found = list(differences(stored, counted))
    written = {each.key: each.counted for each in found if each.counted}
    put(model, written, (*model.copied, *model.measures), **when)
    if gone := [each.pk for each in found if not each.counted]:
        model.objects.filter(pk__in=gone).delete()
    return [each.key for each in found]


def put(
    model: type[SoldGoods],
    rows: Mapping[Key, Mapping[str, Any]],
    fields: Collection[str],
    **when: date,
) -> None:
    """Store rows of one day or month; of those that are there, some fields alone."""
    if rows:
        model.objects.bulk_create(  # type: ignore[attr-defined]
            [
                model(**when, **dict(zip(model.keys, key, strict=True)), **row)
                for key, row in sorted(rows.items())
            ],
            update_conflicts=True,
            update_fields=fields,
            batch_size=BATCH,
        )


def replace(stored: QuerySet[Any], sums: QuerySet[Any, Any], **when: date) -> None:
    """Put sums in place of the rows of one day or month, in the database; 2 statements.

    Args:
        stored: All rows of the day or month, of one table.
        sums: The table's ``keys`` and ``copied``, then its first measures; what comes
            after them is zero.
        when: The column of the day or month.
    """
    model: Any = stored.model
    stored.delete()
    sql, values = sums.query.sql_with_params()
    names = (*when, *model.keys, *model.copied, *model.measures)
    known = len(when) + len(sums.query.select) + len(sums.query.annotations)
    columns = ", ".join(names)
    cells = ", ".join(["%s", "sums.*", *["0"] * (len(names) - known)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({columns}) "  # noqa: S608, SLF001
            f"SELECT {cells} FROM ({sql}) AS sums",
            [*when.values(), *values],
        )
