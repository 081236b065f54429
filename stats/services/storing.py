"""Making stored rows equal to counted ones, writing no more than differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

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
    written = [
        model(**when, **dict(zip(model.keys, each.key, strict=True)), **each.counted)
        for each in found
        if each.counted
    ]
    if written:
        model.objects.bulk_create(
            written,
            update_conflicts=True,
            update_fields=[*model.copied, *model.measures],
            batch_size=BATCH,
        )
    if gone := [each.pk for each in found if not each.counted]:
        model.objects.filter(pk__in=gone).delete()
    return [each.key for each in found]
