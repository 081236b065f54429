"""A partner's own change of one stock record, guarded against another's."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from decimal import Decimal
from types import EllipsisType

from custom.errors import StaleError
from custom.history import recorded
from custom.transactions import transactional
from partner.models import StockLevel, StockMovement, StockRecord
from partner.services.counts import adjust_stock, refuse_unexpected
from partner.services.offers import lock_offers, update_stock_record
from users.models import User

OF_LEVEL = frozenset({"num_in_stock", "backorder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """What a stock record is to become; what is ``...`` stays as it is."""

    num_in_stock: int | EllipsisType = ...
    backorder: bool | EllipsisType = ...
    partner_sku: str | EllipsisType = ...
    price: Decimal | EllipsisType = ...
    compare_at_price: Decimal | EllipsisType | None = ...
    low_stock_threshold: int | EllipsisType | None = ...

    def against(self, record: StockRecord, level: StockLevel) -> dict[str, object]:
        """Return the values that differ from what is stored, by name."""
        wanted = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value
            for name, value in wanted.items()
            if value is not ...
            and value != getattr(level if name in OF_LEVEL else record, name)
        }


def stock_state(record: StockRecord, level: StockLevel) -> str:
    """Return what changes with every write to a record or its level."""
    return f"{record.version}-{level.version}"


@transactional
def write_stock_record(  # noqa: PLR0913 - keywords only
    stock_record_id: int,
    change: StockChange,
    *,
    source: str,
    states: Collection[str] | None = None,
    expected: int | None = None,
    actor: User | None = None,
    reason: str = "",
) -> None:
    """Change a record and its level if they are as the caller last saw them.

    Locks the partner's offers if the SKU may change, the record, the level. What is
    the same already writes nothing.

    Args:
        stock_record_id: Must exist.
        change: What is to become of it.
        source: Names the movement, once for each record.
        states: What ``stock_state`` may be; None if anything.
        expected: What ``num_in_stock`` must be; None if anything.
        actor: Who does it.
        reason: As staff read it in the history.

    Raises:
        StaleError: The state is another.
        StockChangedError: The units in stock are not as many as expected.
        BelowAllocatedError: Fewer units would be left than are promised.
        PriceError: The new prices break a rule.
        SkuTakenError: The partner has another record under the new SKU.

    Whatever is raised, nothing is changed.
    """
    if change.partner_sku is not ...:
        lock_offers(StockRecord.objects.get(pk=stock_record_id).partner_id)
    (record,) = StockRecord.objects.lock([stock_record_id])
    (level,) = StockLevel.objects.lock([stock_record_id])
    if states is not None and stock_state(record, level) not in states:
        msg = "The stock record has changed since you read it. Read it again."
        raise StaleError(msg)
    refuse_unexpected(level.num_in_stock, expected)
    changed = change.against(record, level)
    counted = {name: changed.pop(name) for name in OF_LEVEL & changed.keys()}
    if changed:
        with recorded(reason or "Offer changed.", actor=actor):
            update_stock_record(record.pk, **changed)  # type: ignore[arg-type]
    if counted:
        adjust_stock(
            record.pk,
            reason=StockMovement.Reason.COUNTED,
            source=source,
            actor=actor,
            **counted,  # type: ignore[arg-type]
        )
