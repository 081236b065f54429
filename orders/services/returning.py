"""Goods that come back."""

from django.conf import settings
from django.utils import timezone

from custom.money import format_money
from custom.transactions import transactional
from orders.actors import Actor, Role
from orders.credits import credit_of
from orders.errors import ReturnWindowClosedError
from orders.models import Order, OrderEvent, OrderLine
from orders.selectors import returnable_until
from orders.services.changes import (
    LockedOrder,
    Quantities,
    announce,
    check_quantities,
    goods_status,
    lock,
    move_goods,
    source_of,
    stock_of,
    store,
    told_lines,
)
from orders.services.money import settle_money
from orders.transitions import check_action
from partner.services import return_stock
from payments.services import lower_payment
from promotions.services import give_back_vouchers


@transactional
def return_lines(
    order_id: int,
    *,
    actor: Actor,
    quantities: Quantities | None = None,
    reason: str = "",
) -> OrderEvent:
    """Take units back that were shipped; they go into stock and their money back.

    Args:
        order_id: Visible to the actor; the caller has seen to that.
        actor: Who asks, and as what.
        quantities: Line id -> units, at least 1; None for all that was shipped.
        reason: Shown to the buyer.

    Raises:
        TransitionNotAllowedError: Nothing was delivered, or the actor may not.
        ReturnWindowClosedError: A customer comes too late.
        UnknownLineError: A line is not of this order.
        QuantityError: Fewer units of a line were shipped, or are still out.

    Whatever is raised, nothing is changed.
    """
    locked = lock(order_id)
    order = locked.order
    check_action(order, "return", actor.role)
    _check_window(order, actor.role)
    if quantities is None:
        quantities = {
            line.pk: line.returnable_quantity
            for line in locked.lines
            if line.returnable_quantity
        }
    lines = locked.named(quantities)
    check_quantities(lines, quantities, "returnable_quantity")
    event = _take_back(locked, quantities, actor, reason)
    lower_payment(order.public_id, amount=order.owed_amount)
    if not any(line.kept_quantity for line in locked.lines):
        give_back_vouchers(order.public_id)
    announce("order.returned", order, event)
    settle_money(order, reason=reason)
    return_stock(stock_of(lines, quantities), source=source_of(event), actor=actor.user)
    return event


def _check_window(order: Order, role: Role) -> None:
    """Refuse a customer who comes too late; staff may be generous."""
    until = returnable_until(order)
    if role is Role.CUSTOMER and until is not None and until < timezone.now():
        days = settings.SHOP_RETURN_DAYS
        msg = f"Goods may be returned within {days} days of their delivery."
        raise ReturnWindowClosedError(
            msg, returnable_until=f"{until:%Y-%m-%dT%H:%M:%SZ}"
        )


def _take_back(
    locked: LockedOrder, quantities: Quantities, actor: Actor, reason: str
) -> OrderEvent:
    """Count units as returned and take them off what is owed."""
    order, lines = locked.order, locked.named(quantities)
    amount = credit_of(order, locked.lines, quantities)
    order.credited_amount += amount
    for pk, line in lines.items():
        line.returned_quantity += quantities[pk]
    OrderLine.objects.bulk_update(lines.values(), ["returned_quantity"])
    target = goods_status(locked.lines, have_all_arrived=order.delivered_at is not None)
    move_goods(order, "return", target)
    return store(
        order,
        OrderEvent.Type.RETURNED,
        actor,
        detail={
            "reason": reason,
            "amount": format_money(amount, order.currency),
            "lines": told_lines(lines, quantities),
        },
    )
