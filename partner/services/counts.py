"""Writes to what lies in stock; every change of a level comes with its movement."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from custom.batching import batched
from custom.transactions import transactional
from partner.errors import BelowAllocatedError, StockChangedError
from partner.models import StockLevel, StockMovement, StockRecord
from partner.services.levels import follow_levels
from users.models import User

BATCH = 500  # rows of one INSERT or UPDATE
Reason = StockMovement.Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMovement:
    """A change of one level; ``source`` names its cause, once for each record."""

    stock_record_id: int
    reason: StockMovement.Reason
    source: str
    in_stock_delta: int = 0
    allocated_delta: int = 0


@transactional
def adjust_stock(  # noqa: PLR0913 - keywords only
    stock_record_id: int,
    *,
    source: str,
    reason: StockMovement.Reason = Reason.CORRECTION,
    num_in_stock: int | None = None,
    delta: int = 0,
    expected: int | None = None,
    backorder: bool | None = None,
    actor: User | None = None,
) -> StockLevel:
    """Set or change the units in stock, promised ones included.

    ``num_in_stock`` is the new count; without one ``delta`` is added to the old.
    Locks the record, at which the movement will point, and then the level.

    Raises:
        StockChangedError: There are not the ``expected`` units; nothing is changed.
        BelowAllocatedError: Fewer units would be left than are promised;
            nothing is changed.
    """
    StockRecord.objects.lock([stock_record_id])
    (level,) = StockLevel.objects.lock([stock_record_id])
    refuse_unexpected(level.num_in_stock, expected)
    count = level.num_in_stock + delta if num_in_stock is None else num_in_stock
    moved = count - level.num_in_stock
    level.num_in_stock = count
    changes_mode = backorder is not None and backorder != level.backorder
    if backorder is not None:
        level.backorder = backorder
    if count < 0 or (level.num_allocated > count and not level.backorder):
        msg = f"{level.num_allocated} units are promised to orders."
        raise BelowAllocatedError(msg, num_allocated=level.num_allocated)
    level.version += 1
    StockMovement.objects.create(
        stock_record_id=level.pk,
        in_stock_delta=moved,
        reason=reason,
        source=source,
        actor=actor,
    )
    level.save()
    # What can be sold beyond the stock is preferred.
    follow_levels({level.pk: moved}, reoffered=[level.pk] if changes_mode else ())
    return level


@transactional
def record_movements(
    rows: Sequence[NewMovement],
    *,
    actor: User | None = None,
    reoffered: Collection[int] = (),
) -> None:
    """Add to the ledger in bulk and change each level by the sum of its rows.

    The caller vouches that no level ends below 0 or below what is promised;
    the database refuses one that does. ``reoffered`` is as for ``follow_levels``.
    """
    StockMovement.objects.bulk_create(
        [
            StockMovement(
                stock_record_id=row.stock_record_id,
                in_stock_delta=row.in_stock_delta,
                allocated_delta=row.allocated_delta,
                reason=row.reason,
                source=row.source,
                actor=actor,
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
    in_stock: Counter[int] = Counter()
    allocated: Counter[int] = Counter()
    for row in rows:
        in_stock[row.stock_record_id] += row.in_stock_delta
        allocated[row.stock_record_id] += row.allocated_delta
    changed = sorted(pk for pk in in_stock if in_stock[pk] or allocated[pk])
    for pks in batched(changed, BATCH):
        StockLevel.objects.move(
            {pk: in_stock[pk] for pk in pks}, {pk: allocated[pk] for pk in pks}
        )
    follow_levels(
        {pk: in_stock[pk] - allocated[pk] for pk in changed}, reoffered=reoffered
    )


def refuse_unexpected(num_in_stock: int, expected: int | None) -> None:
    """Compare what is in stock with what somebody thought.

    Raises:
        StockChangedError: See the class.
    """
    if expected is not None and expected != num_in_stock:
        msg = f"There are {num_in_stock} units in stock, not {expected}."
        raise StockChangedError(msg, num_in_stock=num_in_stock)
