"""Baskets of the past, brought along by a shop that moves in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from basket.holders import new_guest
from basket.models import Basket, BasketLine
from custom.money import round_money
from custom.transactions import transactional
from partner.models import StockRecord

BATCH = 1_000  # rows of one INSERT


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricBasket:
    """One that is over: it became an order, or a guest has left it.

    Attributes:
        quantities: Stock record id -> units.
        order: Public id of the order it became; None if it was left.
        user_id: Whose it was; None of a guest, as it is if it was left.
    """

    quantities: Mapping[int, int]
    opened_at: datetime
    order: UUID | None = None
    user_id: int | None = None


@transactional
def import_baskets(history: Sequence[HistoricBasket]) -> int:
    """Store baskets with what is in them; return how many.

    Few statements for any number.

    Raises:
        KeyError: A stock record is not there; nothing is stored.
    """
    baskets = [_basket(entry) for entry in history]
    Basket.objects.bulk_create(baskets, batch_size=BATCH)
    stored = Basket.objects.in_bulk(
        [basket.public_id for basket in baskets], field_name="public_id"
    )  # not every database tells the keys it has given
    wanted = {pk for entry in history for pk in entry.quantities}
    records = StockRecord.objects.in_bulk(wanted)
    lines = [
        BasketLine(
            basket=stored[basket.public_id],
            variant_id=records[pk].variant_id,
            offer=pk,
            quantity=units,
            seen_price=round_money(records[pk].price, records[pk].currency),
            currency=records[pk].currency,
        )
        for basket, entry in zip(baskets, history, strict=True)
        for pk, units in entry.quantities.items()
    ]
    BasketLine.objects.bulk_create(lines, batch_size=BATCH)
    return len(baskets)


def _basket(entry: HistoricBasket) -> Basket:
    """Return the basket's own row, still to be stored."""
    is_ordered = entry.order is not None
    return Basket(
        holder=None if is_ordered else new_guest().key,
        user_id=entry.user_id,
        state=Basket.State.ORDERED if is_ordered else Basket.State.OPEN,
        order=entry.order,
        created_at=entry.opened_at,
        updated_at=entry.opened_at,
    )
