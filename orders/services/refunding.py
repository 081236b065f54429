"""Money that goes back without goods: goodwill, a late parcel, its shipping."""

from decimal import Decimal

from custom.money import format_money
from custom.transactions import transactional
from orders.actors import Actor
from orders.models import OrderEvent
from orders.services.changes import lock, store
from orders.services.crediting import settle_credit
from orders.transitions import check_action
from payments.errors import RefundTooLargeError
from payments.selectors import money_of


@transactional
def credit_order(
    order_id: int, *, amount: Decimal, reason: str, actor: Actor
) -> OrderEvent:
    """Take an amount off what is owed for a paid order; it is paid back.

    Locks the order, then its payments: of two who ask at once the second finds what
    the first has left.

    Args:
        order_id: Visible to the actor; the caller has seen to that.
        amount: In whole minor units.
        reason: Shown to the buyer.
        actor: Who asks, and as what.

    Raises:
        TransitionNotAllowedError: The order is not paid, or the actor may not.
        RefundTooLargeError: No more than nothing is asked for, or more than is owed,
            or than has been received and not promised back.

    Whatever is raised, nothing is changed.
    """
    locked = lock(order_id)
    order = locked.order
    check_action(order, "credit", actor.role)
    money = money_of([order.public_id])[order.public_id]
    most = min(order.owed_amount, money.refundable)
    if not 0 < amount <= most:
        shown = format_money(most, order.currency)
        msg = f"At most {shown} {order.currency} can be paid back."
        raise RefundTooLargeError(msg, refundable_amount=shown)
    order.credited_amount += amount
    detail = {"reason": reason, "amount": format_money(amount, order.currency)}
    event = store(order, OrderEvent.Type.CREDITED, actor, detail=detail)
    settle_credit(locked, "order.credited", event, reason=reason)
    return event
