"""What orders learn from payments, and what they ask of them."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from custom.money import format_money
from custom.transactions import transactional
from orders.actors import SYSTEM, Actor
from orders.models import Order, OrderEvent
from orders.services.changes import announce, move_money, store
from orders.transitions import SECURED, UNPAID, check_action, payment_status_of
from payments.models import Payment
from payments.providers.registry import offered_provider
from payments.selectors import MoneyState, money_of
from payments.services import refund_payments, replace_payment

Money = Order.PaymentStatus
Type = OrderEvent.Type
EVENT_OF = {
    Money.PENDING: Type.PAYMENT_PENDING,
    Money.AUTHORIZED: Type.PAYMENT_AUTHORIZED,
    Money.FAILED: Type.PAYMENT_FAILED,
    Money.PAID: Type.PAID,
    Money.PARTLY_REFUNDED: Type.REFUNDED,
    Money.REFUNDED: Type.REFUNDED,
}


@transactional
def choose_payment(order_id: int, *, provider: str, actor: Actor) -> Payment:
    """Return the payment by which an unpaid order is to be paid; locks the order.

    The one there is, if it is of the same provider; else another takes its place.
    What the provider is then asked is ``payments.services.start_payment``'s concern.

    Raises:
        TransitionNotAllowedError: The order is paid or closed, or the actor may not.
        UnknownProviderError: The shop does not take this kind of payment.
        AlreadyPaidError: Money came in that the order has not heard of yet.
    """
    order = Order.objects.lock(order_id)
    check_action(order, "payment", actor.role)
    payment = replace_payment(
        order=order.public_id,
        provider=provider,
        amount=order.owed_amount,
        currency=order.currency,
    )
    order.needs_prepayment = offered_provider(provider).needs_prepayment
    move_money(order, Money.PENDING)
    expires_at = order.expires_at
    order.expires_at = expiry_of(order)
    if expires_at and order.expires_at:
        order.expires_at = expires_at  # choosing again wins no time
    store(order, Type.PAYMENT_CHOSEN, actor, detail={"provider": provider})
    return payment


@transactional
def follow_payments(public_id: UUID) -> Order:
    """Bring an order in step with its payments; locks the order.

    Reads where the money is instead of what has changed, so it may be called at any
    time, in any order and as often as anybody likes.

    Raises:
        Order.DoesNotExist: There is none.
        TransitionNotAllowedError: The ledger contradicts the order.
    """
    order = Order.objects.lock_public(public_id)
    settle_money(order)
    return order


def settle_money(order: Order, *, reason: str = "") -> None:
    """Pay a locked order's excess back, and tell what is new about its money.

    The excess is what was received beyond what is owed: by a cancellation or return,
    by a second payment, or by one that came after the end.

    Args:
        order: Locked.
        reason: For people.
    """
    money = _give_back(order, reason)
    target = payment_status_of(order, money)
    received = money.captured - order.paid_amount
    paid_back = money.refunded + money.refunding - order.refunded_amount
    if target == order.payment_status and not (received or paid_back):
        return
    was_paid = order.payment_status == Money.PAID
    move_money(order, target)
    order.paid_amount += received
    order.refunded_amount += paid_back
    if target not in UNPAID:
        order.expires_at = None
    elif order.expires_at is None:
        order.expires_at = expiry_of(order)
    is_refund = EVENT_OF[target] == Type.REFUNDED
    amount = paid_back if is_refund else received
    detail = {"amount": format_money(amount, order.currency)} if amount > 0 else {}
    if is_refund and reason:
        detail["reason"] = reason
    event = store(order, EVENT_OF[target], SYSTEM, detail=detail)
    if target == Money.PAID and not (was_paid or order.is_cancelled):
        announce("order.paid", order, event)
    if is_refund and paid_back > 0:
        announce("order.refunded", order, event)


def _give_back(order: Order, reason: str) -> MoneyState:
    """Pay back what was received beyond what is owed; return where the money is.

    The same sums are paid back once: a refund that fails waits for somebody to look.
    """
    money = money_of([order.public_id])[order.public_id]
    excess = money.refundable - order.owed_amount
    if excess <= 0:
        return money
    refund_payments(
        order=order.public_id,
        amount=excess,
        reason=reason,
        source=f"order:{money.captured}-{order.owed_amount}",
    )
    return money_of([order.public_id])[order.public_id]


def expiry_of(order: Order) -> datetime | None:
    """Return when an unpaid order is given up; None if it may wait for its money."""
    waits = order.needs_prepayment and not order.is_cancelled
    if not waits or order.payment_status in SECURED:
        return None
    return order.placed_at + timedelta(minutes=settings.SHOP_UNPAID_MINUTES)
