"""What giving units up and taking them back have in common: the money of it."""

from custom.money import format_money
from orders.credits import credit_of
from orders.models import OrderEvent, OrderLine
from orders.services.changes import LockedOrder, Quantities, announce, told_lines
from orders.services.invoicing import note_credit
from orders.services.money import settle_money
from payments.services import lower_payment
from promotions.services import give_back_vouchers


def credit_units(
    locked: LockedOrder, quantities: Quantities, *, counter: str, reason: str
) -> dict[str, object]:
    """Count units of lines as gone and take them off what is owed; 1 statement.

    Args:
        locked: Its row is changed, but still to be stored.
        quantities: Checked by the caller.
        counter: The column of a line that counts them.
        reason: Shown to the buyer.

    Returns:
        What the event tells of it.
    """
    order, lines = locked.order, locked.named(quantities)
    amount = credit_of(order, locked.lines, quantities)
    order.credited_amount += amount
    for pk, line in lines.items():
        setattr(line, counter, getattr(line, counter) + quantities[pk])
    OrderLine.objects.bulk_update(lines.values(), [counter])
    return {
        "reason": reason,
        "amount": format_money(amount, order.currency),
        "lines": told_lines(lines, quantities),
    }


def settle_credit(
    locked: LockedOrder, topic: str, event: OrderEvent, *, reason: str
) -> None:
    """Let payments, vouchers and whoever listens follow an order that was credited.

    Locks its payments; the caller moves the stock afterwards.
    """
    order = locked.order
    lower_payment(order.public_id, amount=order.owed_amount)
    if not locked.is_anything_kept:
        give_back_vouchers(order.public_id)
    announce(topic, order, event)
    note_credit(event)
    settle_money(order, reason=reason)
