"""What orders do to stock: every change of a level comes with its movement.

The levels are changed by one statement, and last, so that rows which many orders
want stay locked for as short as can be. A ``source`` is used once for each record:
the database refuses a second movement (``IntegrityError``), so that no step of an
order can be counted twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction

from custom.errors import DomainError
from custom.prepared_writes import PreparedInsert, PreparedUpdate
from custom.transactions import transactional
from partner.errors import InsufficientStockError, NotPromisedError
from partner.models import StockLevel, StockMovement
from partner.services.levels import follow_levels
from users.models import User

Reason = StockMovement.Reason
Quantities = Mapping[int, int]  # stock record id -> units, at least 1 each

_INSERT = PreparedInsert(StockMovement)


@transactional
def take_stock(
    quantities: Quantities, *, source: str, actor: User | None = None
) -> None:
    """Promise units to an order; the last write of its transaction.

    Args:
        quantities: Stock record id -> units, at least 1 each.
        source: What the units are promised to, once for each record.
        actor: Who asked for it, if it was a user.

    Raises:
        InsufficientStockError: A level is too low, or there is none; nothing is
            changed, and ``extra["shortages"]`` names every one.
    """
    _move(SALE, quantities, source, actor)


@transactional
def release_stock(
    quantities: Quantities, *, source: str, actor: User | None = None
) -> None:
    """Take promises of units back; arguments as for ``take_stock``.

    Raises:
        NotPromisedError: Fewer units are promised; nothing is changed.
    """
    _move(RELEASE, quantities, source, actor)


@transactional
def ship_stock(
    quantities: Quantities, *, source: str, actor: User | None = None
) -> None:
    """Let promised units leave; arguments as for ``take_stock``.

    Raises:
        NotPromisedError: Fewer units are promised; nothing is changed.
        InsufficientStockError: The units were sold beyond the stock and have not
            arrived yet; nothing is changed.
    """
    _move(SHIPMENT, quantities, source, actor)


@transactional
def return_stock(
    quantities: Quantities, *, source: str, actor: User | None = None
) -> None:
    """Put shipped units that came back into stock; arguments as for ``take_stock``.

    Raises:
        StockLevel.DoesNotExist: A record has no level; nothing is changed.
    """
    _move(RETURN, quantities, source, actor)


def _shortage(wanted: Quantities) -> DomainError:
    """Name every record that has too few free units; 1 query."""
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


def _unpromised(wanted: Quantities) -> DomainError:
    """Name every record that has promised too few units; 1 query."""
    levels = StockLevel.objects.in_bulk(list(wanted))
    promised = {pk: levels[pk].num_allocated if pk in levels else 0 for pk in wanted}
    short = [
        {"stock_record": pk, "requested": units, "promised": promised[pk]}
        for pk, units in wanted.items()
        if promised[pk] < units
    ]
    return NotPromisedError("Fewer units are promised to orders.", shortages=short)


def _unshippable(wanted: Quantities) -> DomainError:
    """Tell whether units are not promised, or have not arrived yet; 2 queries."""
    refusal = _unpromised(wanted)
    if refusal.extra["shortages"]:
        return refusal
    levels = StockLevel.objects.in_bulk(list(wanted))
    short = [
        {
            "stock_record": pk,
            "requested": units,
            "available": levels[pk].num_in_stock,
        }
        for pk, units in wanted.items()
        if levels[pk].num_in_stock < units
    ]
    return InsufficientStockError(
        "Fewer units lie in stock than are to be shipped.", shortages=short
    )


def _unknown(_wanted: Quantities) -> Exception:
    """Tell of a record without a level."""
    return StockLevel.DoesNotExist("some stock record has no level")


@dataclass(frozen=True, slots=True)
class _Step:
    """One kind of movement; the factors say how a unit changes a level."""

    reason: StockMovement.Reason
    in_stock: int
    allocated: int
    change: PreparedUpdate  # returns the number of levels changed
    refusal: Callable[[Quantities], Exception]  # reads why some were not


SALE = _Step(Reason.SOLD, 0, 1, PreparedUpdate(StockLevel.objects.allocate), _shortage)
RELEASE = _Step(
    Reason.RELEASED, 0, -1, PreparedUpdate(StockLevel.objects.release), _unpromised
)
SHIPMENT = _Step(
    Reason.SHIPPED, -1, -1, PreparedUpdate(StockLevel.objects.ship), _unshippable
)
RETURN = _Step(
    Reason.RETURNED, 1, 0, PreparedUpdate(StockLevel.objects.put_back), _unknown
)


def _move(step: _Step, quantities: Quantities, source: str, actor: User | None) -> None:
    """Write the movements, change the levels, and tell what follows from it."""
    wanted = dict(sorted(quantities.items()))
    if any(units < 1 for units in wanted.values()):
        msg = "quantities must be at least 1"
        raise ValueError(msg)
    before = transaction.savepoint()
    _INSERT(
        [
            StockMovement(
                stock_record_id=pk,
                in_stock_delta=units * step.in_stock,
                allocated_delta=units * step.allocated,
                reason=step.reason,
                source=source,
                actor=actor,
            )
            for pk, units in wanted.items()
        ]
    )
    changed = step.change(records=list(wanted), units=list(wanted.values()))
    if changed != len(wanted):
        # Without this step's own changes the levels tell what was wrong.
        transaction.savepoint_rollback(before)
        raise step.refusal(wanted)
    factor = step.in_stock - step.allocated
    if factor:
        follow_levels({pk: units * factor for pk, units in wanted.items()})
