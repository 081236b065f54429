"""Writes to stock: every change of a level comes with its movement."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import models, transaction
from django.db.models import Case, F, When

from catalogue.models import Variant
from custom.transactions import transactional
from partner.errors import BelowAllocatedError, InsufficientStockError
from partner.models import StockLevel, StockMovement
from partner.services.summaries import refresh_summaries
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
def take_stock(
    quantities: Mapping[int, int], *, source: str, actor: User | None = None
) -> None:
    """Promise units to an order; the last write of its transaction.

    The levels are changed by one statement, so that rows which many orders
    want stay locked for as short as can be.

    Args:
        quantities: Stock record id -> units, at least 1 each.
        source: What the units are promised to, once for each record.
        actor: Who asked for it, if it was a user.

    Raises:
        InsufficientStockError: A level is too low, or there is none; nothing is
            changed, and ``extra["shortages"]`` names every one.
    """
    wanted = dict(sorted(quantities.items()))
    if any(units < 1 for units in wanted.values()):
        msg = "quantities must be at least 1"
        raise ValueError(msg)
    before = transaction.savepoint()
    StockMovement.objects.bulk_create(
        StockMovement(
            stock_record_id=pk,
            allocated_delta=units,
            reason=Reason.SOLD,
            source=source,
            actor=actor,
        )
        for pk, units in wanted.items()
    )
    if StockLevel.objects.allocate(wanted) != len(wanted):
        # Without this order's own promises the levels tell what was free.
        transaction.savepoint_rollback(before)
        raise _shortage(wanted)
    _refresh_sold_out(wanted)


def _shortage(wanted: Mapping[int, int]) -> InsufficientStockError:
    """Name every record that has too few units; 1 query."""
    levels = StockLevel.objects.in_bulk(list(wanted))
    short = [
        {
            "stock_record": pk,
            "requested": units,
            "available": max(levels[pk].num_free, 0) if pk in levels else 0,
        }
        for pk, units in wanted.items()
        if pk not in levels
        or not (levels[pk].backorder or levels[pk].num_free >= units)
    ]
    return InsufficientStockError(
        "There are fewer units in stock than you asked for.", shortages=short
    )


def _refresh_sold_out(taken: Mapping[int, int]) -> None:
    """Let lists show which levels have just lost their last free unit; 1 query."""
    empty = StockLevel.objects.filter(
        pk__in=list(taken), num_in_stock__lte=F("num_allocated")
    )
    just_now = [row.pk for row in empty if row.num_free + taken[row.pk] > 0]
    if just_now:
        _refresh(just_now)


@transactional
def adjust_stock(  # noqa: PLR0913 - keywords only
    stock_record_id: int,
    *,
    source: str,
    reason: StockMovement.Reason = Reason.CORRECTION,
    num_in_stock: int | None = None,
    delta: int = 0,
    backorder: bool | None = None,
    actor: User | None = None,
) -> StockLevel:
    """Set or change the units in stock, promised ones included; locks the level.

    ``num_in_stock`` is the new count; without one ``delta`` is added to the old.

    Raises:
        BelowAllocatedError: Fewer units would be left than are promised;
            nothing is changed.
    """
    (level,) = StockLevel.objects.lock([stock_record_id])
    count = level.num_in_stock + delta if num_in_stock is None else num_in_stock
    moved = count - level.num_in_stock
    level.num_in_stock = count
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
    _refresh([level.pk])
    return level


@transactional
def record_movements(rows: Sequence[NewMovement], *, actor: User | None = None) -> None:
    """Add to the ledger in bulk and change each level by the sum of its rows.

    The caller vouches that no level ends below 0 or below what is promised;
    the database refuses one that does.
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
    for start in range(0, len(changed), BATCH):
        pks = changed[start : start + BATCH]
        StockLevel.objects.filter(pk__in=pks).order_by("pk").update(
            num_in_stock=F("num_in_stock") + _by_pk(in_stock, pks),
            num_allocated=F("num_allocated") + _by_pk(allocated, pks),
            version=F("version") + 1,
        )
    _refresh(changed)


def _by_pk(numbers: Mapping[int, int], pks: Sequence[int]) -> Case:
    """Return SQL for the number of the row's key."""
    return Case(
        *(When(pk=pk, then=numbers[pk]) for pk in pks),
        output_field=models.IntegerField(),
    )


def _refresh(stock_record_ids: Sequence[int]) -> None:
    """Refresh the summaries of the products of stock records."""
    variants = Variant.objects.filter(stock_records__in=stock_record_ids)
    refresh_summaries(variants.values_list("product", flat=True))
