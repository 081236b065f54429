"""Goods that come back."""

from django.conf import settings
from django.utils import timezone

from custom.transactions import transactional
from orders.actors import Actor, Role
from orders.errors import ReturnWindowClosedError
from orders.models import Order, OrderEvent
from orders.selectors import returnable_until
from orders.services.changes import (
    Quantities,
    check_quantities,
    goods_status,
    lock,
    move_goods,
    source_of,
    stock_of,
    store,
)
from orders.services.crediting import credit_units, settle_credit
from orders.transitions import check_action
from partner.services import return_stock


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
    detail = credit_units(
        locked, quantities, counter="returned_quantity", reason=reason
    )
    target = goods_status(locked.lines, have_all_arrived=order.delivered_at is not None)
    move_goods(order, "return", target)
    event = store(order, OrderEvent.Type.RETURNED, actor, detail=detail)
    settle_credit(locked, "order.returned", event, reason=reason)
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
