"""What becomes of a guest's basket at sign-in."""

from basket.holders import Holder
from basket.items import Item, find_items
from basket.models import (
    MAX_LINES,
    MAX_QUANTITY,
    MAX_VOUCHERS,
    Basket,
    BasketLine,
    BasketVoucher,
)
from basket.services.locking import lock_or_open, touch
from custom.transactions import transactional


@transactional
def merge_baskets(guest: Holder, *, into: Holder) -> bool:
    """Move a guest's basket into an account's, once; the guest's is closed.

    Units of the same item sum, up to what is in stock; of an item that has sold out
    the larger wish stays, so that its line can say so. What the account's basket has
    no room for is left behind. Locks the guest's basket, then the account's; no basket
    of an account is ever merged into another, so nobody waits in a circle.

    Returns:
        Whether the guest had an open basket.
    """
    source = Basket.objects.lock_held_by(guest.key)
    if source is None:
        return False
    target = lock_or_open(into)
    _merge_lines(source, target)
    _merge_vouchers(source, target)
    touch(target)
    source.state, source.holder = Basket.State.MERGED, None
    touch(source, "state", "holder")
    return True


def _merge_lines(source: Basket, target: Basket) -> None:
    """Copy or add the source's lines; 4 to 7 statements for any number of lines."""
    ours = {(line.variant_id, line.offer): line for line in target.lines.all()}
    theirs = list(source.lines.all())
    room = MAX_LINES - len(ours)
    changed: list[BasketLine] = []
    added: list[BasketLine] = []
    items = _items_of(theirs)
    for line, item in zip(theirs, items, strict=True):
        own = ours.get((line.variant_id, line.offer))
        quantity = _merged_quantity(line.quantity, own.quantity if own else 0, item)
        if own is not None:
            own.quantity = quantity
            changed.append(own)
        elif len(added) < room:
            added.append(
                BasketLine(
                    basket=target,
                    variant_id=line.variant_id,
                    offer=line.offer,
                    quantity=quantity,
                    seen_price=line.seen_price,
                    currency=line.currency,
                )
            )
    BasketLine.objects.bulk_update(changed, ["quantity"])
    BasketLine.objects.bulk_create(added)


def _items_of(lines: list[BasketLine]) -> list[Item | None]:
    """Return what each line comes to; None where nobody sells it."""
    items, _unsold = find_items([line.as_request() for line in lines])
    by_position = {position: item for item in items for position in item.positions}
    return [by_position.get(position) for position in range(len(lines))]


def _merged_quantity(theirs: int, ours: int, item: Item | None) -> int:
    """Sum two wishes, up to what there is of it."""
    quantity = min(theirs + ours, MAX_QUANTITY)
    if item is None or item.offer.backorder:
        return quantity
    return min(quantity, item.offer.num_available) or max(theirs, ours)


def _merge_vouchers(source: Basket, target: Basket) -> None:
    """Note the source's vouchers in the target too; 2 or 3 statements."""
    ours = set(target.vouchers.values_list("code", flat=True))
    theirs = source.vouchers.values_list("code", flat=True)
    new = [code for code in theirs if code not in ours]
    BasketVoucher.objects.bulk_create(
        BasketVoucher(basket=target, code=code)
        for code in new[: MAX_VOUCHERS - len(ours)]
    )
