"""What goes into a basket and out of it."""

from typing import NamedTuple

from basket.errors import BasketFullError, NotForSaleError, QuantityTooLargeError
from basket.holders import Holder
from basket.items import Item, choose_items, find_items
from basket.models import MAX_LINES, MAX_QUANTITY, Basket, BasketLine
from basket.requests import LineRequest
from basket.services.locking import (
    Revisions,
    check_revision,
    entry_missing,
    lock,
    lock_or_open,
    touch,
)
from custom.idempotency import RequestKey, run_once
from custom.prepared import PreparedRead
from custom.transactions import transactional

_LINES = PreparedRead(
    lambda basket: BasketLine.objects.filter(basket=basket).order_by("pk")
)


class Addition(NamedTuple):
    """Whose basket a line was added to, and whether an earlier request did it."""

    holder: Holder
    is_replay: bool


def add_line(
    holder: Holder, wanted: LineRequest, *, request_key: RequestKey | None = None
) -> Addition:
    """Put units into a holder's open basket, once for each request key if there is one.

    The same variant from the same offer sums; the present price counts as seen.

    Raises:
        NotForSaleError: Nobody sells that variant, or not by that offer.
        QuantityTooLargeError: The line would hold more than ``MAX_QUANTITY``.
        BasketFullError: The basket has ``MAX_LINES`` already.
    """
    if request_key is None:
        _add_line(holder, wanted)
        return Addition(holder, is_replay=False)

    def work() -> str:
        _add_line(holder, wanted)
        return holder.key

    outcome = run_once(request_key, work, makes=holder.key)
    return Addition(Holder(outcome.made, holder.user_id), outcome.is_replay)


@transactional
def change_line(
    holder: Holder, line_id: int, *, quantity: int, expected: Revisions = None
) -> None:
    """Set the units of a line; its present price counts as seen.

    Raises:
        BasketStaleError: The basket is at none of the ``expected`` revisions.
        BasketEntryMissingError: It has no such line.
    """
    basket = lock(holder, expected)
    line = basket.lines.filter(pk=line_id).first()
    if line is None:
        raise entry_missing()
    line.quantity = quantity
    items, _unsold = find_items([line.as_request()])
    if items:
        line.see_price(items[0].unit_price, items[0].offer.currency)
    line.save(update_fields=["quantity", "seen_price", "currency"])
    touch(basket)


@transactional
def remove_line(holder: Holder, line_id: int, *, expected: Revisions = None) -> None:
    """Take a line out.

    Raises:
        BasketStaleError: The basket is at none of the ``expected`` revisions.
        BasketEntryMissingError: It has no such line.
    """
    basket = lock(holder, expected)
    if not basket.lines.filter(pk=line_id).delete()[0]:
        raise entry_missing()
    touch(basket)


@transactional
def clear_basket(holder: Holder, *, expected: Revisions = None) -> None:
    """Take everything out of a basket, if there is one.

    Raises:
        BasketStaleError: The basket is at none of the ``expected`` revisions.
    """
    basket = Basket.objects.lock_held_by(holder.key)
    if basket is None:
        return
    check_revision(basket, expected)
    basket.lines.all().delete()
    basket.vouchers.all().delete()
    touch(basket)


@transactional
def _add_line(holder: Holder, wanted: LineRequest) -> None:
    """Add units under the basket's lock, so that none is lost to another request."""
    item = _item_of(wanted)
    basket = lock_or_open(holder)
    offer = wanted.offer_id or 0
    lines = {(line.variant_id, line.offer): line for line in _LINES(basket=basket.pk)}
    line = lines.get((wanted.variant_id, offer))
    if line is None:
        if len(lines) >= MAX_LINES:
            msg = f"A basket takes {MAX_LINES} lines."
            raise BasketFullError(msg, most=MAX_LINES)
        line = BasketLine(
            basket=basket, variant_id=wanted.variant_id, offer=offer, quantity=0
        )
    line.quantity += wanted.quantity
    if line.quantity > MAX_QUANTITY:
        msg = f"A line takes {MAX_QUANTITY} units."
        raise QuantityTooLargeError(msg, most=MAX_QUANTITY)
    line.see_price(item.unit_price, item.offer.currency)
    line.save()
    touch(basket)


def _item_of(wanted: LineRequest) -> Item:
    """Return the item of one line; a refusal points into that line's own body."""
    try:
        return choose_items([wanted])[0]
    except NotForSaleError as error:
        detail = "This is not for sale."
        fault = {"pointer": "#/variant", "code": error.code, "detail": detail}
        raise NotForSaleError(detail, errors=[fault]) from None
