"""Giving orders up: at somebody's word, or because nobody paid."""

from functools import partial

from django.utils import timezone

from custom.transactions import run_in_transaction, transactional
from orders.actors import SYSTEM, Actor
from orders.models import Order, OrderEvent
from orders.services.changes import (
    LockedOrder,
    Quantities,
    check_quantities,
    goods_status,
    lock,
    move_goods,
    open_quantities,
    source_of,
    stock_of,
    store,
)
from orders.services.crediting import credit_units, settle_credit
from orders.transitions import UNPAID, check_action
from partner.services import release_stock
from payments.selectors import money_of

BATCH = 200  # orders looked up at once


@transactional
def cancel_order(
    order_id: int,
    *,
    actor: Actor,
    quantities: Quantities | None = None,
    reason: str = "",
) -> OrderEvent:
    """Give up units that were not shipped; their stock and their money go back.

    Args:
        order_id: Visible to the actor; the caller has seen to that.
        actor: Who asks, and as what.
        quantities: Line id -> units, at least 1; None for all that is open.
        reason: Shown to the buyer.

    Raises:
        TransitionNotAllowedError: The order is too far, or the actor may not.
        UnknownLineError: A line is not of this order.
        QuantityError: Fewer units of a line are open.

    Whatever is raised, nothing is changed.
    """
    locked = lock(order_id)
    check_action(locked.order, "cancel", actor.role)
    if quantities is None:
        quantities = open_quantities(locked.lines)
    check_quantities(locked.named(quantities), quantities, "open_quantity")
    return _give_up(
        locked, quantities, actor, kind=OrderEvent.Type.CANCELLED, reason=reason
    )


def expire_orders() -> int:
    """Give up every unpaid order whose time is over, each in its own transaction.

    Returns:
        Number of orders given up.
    """
    expired = 0
    seen = 0
    while pks := list(
        Order.objects.overdue(timezone.now())
        .filter(pk__gt=seen)
        .order_by("pk")
        .values_list("pk", flat=True)[:BATCH]
    ):
        expired += sum(run_in_transaction(partial(expire_order, pk)) for pk in pks)
        seen = pks[-1]
    return expired


@transactional
def expire_order(order_id: int) -> bool:
    """Give an order up if it is unpaid and its time is over; locks the order.

    Payments are looked at under the order's lock: one that is there keeps the order,
    and one that comes later finds it closed and is paid back.
    """
    locked = lock(order_id)
    order = locked.order
    is_due = order.expires_at is not None and order.expires_at <= timezone.now()
    if not is_due or order.payment_status not in UNPAID:
        return False
    money = money_of([order.public_id])[order.public_id]
    if money.captured or money.authorized:
        return False  # the news of it is on its way here
    _give_up(
        locked,
        open_quantities(locked.lines),
        SYSTEM,
        kind=OrderEvent.Type.EXPIRED,
        reason="",
    )
    return True


def _give_up(
    locked: LockedOrder,
    quantities: Quantities,
    actor: Actor,
    *,
    kind: OrderEvent.Type,
    reason: str,
) -> OrderEvent:
    """Cancel units that are known to be open; stock comes last."""
    order, lines = locked.order, locked.named(quantities)
    detail = credit_units(
        locked, quantities, counter="cancelled_quantity", reason=reason
    )
    arrived = not order.shipments.filter(delivered_at__isnull=True).exists()
    move_goods(order, "cancel", goods_status(locked.lines, have_all_arrived=arrived))
    if not locked.is_anything_kept:
        order.cancelled_at = timezone.now()
        order.expires_at = None
    event = store(order, kind, actor, detail=detail)
    settle_credit(locked, "order.cancelled", event, reason=reason)
    release_stock(
        stock_of(lines, quantities), source=source_of(event), actor=actor.user
    )
    return event
