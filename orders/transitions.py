"""How an order may move: two tables, and the sum of both. Pure; no queries.

Money and goods move apart, so that an order on invoice ships unpaid. A transition
leads from any of its sources to any of its targets; a target may be the source
itself, where the move changes lines and not the status. An order that was cancelled
or has expired moves its money only: what arrives late is given back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from orders.actors import Role
from orders.errors import TransitionNotAllowedError
from orders.models import Order
from payments.selectors import MoneyState

Status = Order.Status
Money = Order.PaymentStatus
Goods = Order.FulfilmentStatus

# Of these somebody else vouches for the money, or holds it for the shop.
SECURED = frozenset({Money.AUTHORIZED, Money.PAID, Money.PARTLY_REFUNDED})
UNPAID = frozenset({Money.PENDING, Money.FAILED})


@dataclass(frozen=True, slots=True)
class Transition:
    """One lawful kind of move.

    Attributes:
        action: What a caller asks for; the last part of its address in the API.
        roles: Who may ask.
    """

    action: str
    sources: frozenset[str]
    targets: frozenset[str]
    roles: frozenset[Role]


def _row(
    action: str, sources: Iterable[str], targets: Iterable[str], *roles: Role
) -> Transition:
    return Transition(action, frozenset(sources), frozenset(targets), frozenset(roles))


CUSTOMER, PARTNER, STAFF, SYSTEM = Role.CUSTOMER, Role.PARTNER, Role.STAFF, Role.SYSTEM

# Providers tell what happened to the money, sometimes late and several things at once.
PAYMENT = (
    _row("payment", UNPAID, UNPAID, CUSTOMER, STAFF),
    _row("authorize", UNPAID, {Money.AUTHORIZED}, SYSTEM),
    _row("fail", {Money.PENDING, Money.AUTHORIZED}, {Money.FAILED}, SYSTEM),
    _row("reopen", {Money.FAILED, Money.AUTHORIZED}, {Money.PENDING}, SYSTEM),
    _row("capture", {*UNPAID, Money.AUTHORIZED}, {Money.PAID}, SYSTEM),
    _row(
        "refund",
        set(Money) - {Money.REFUNDED},
        {Money.PARTLY_REFUNDED, Money.REFUNDED},
        SYSTEM,
    ),
    _row(  # money back without goods
        "credit",
        {Money.PAID, Money.PARTLY_REFUNDED},
        {Money.PARTLY_REFUNDED, Money.REFUNDED},
        STAFF,
    ),
    _row(  # a refund that failed at the provider, or money that came in afterwards
        "unrefund",
        {Money.PARTLY_REFUNDED, Money.REFUNDED},
        {Money.PAID, Money.PARTLY_REFUNDED},
        SYSTEM,
    ),
)
FULFILMENT = (
    _row(
        "ship",
        {Goods.UNFULFILLED, Goods.PARTLY_SHIPPED},
        {Goods.PARTLY_SHIPPED, Goods.SHIPPED},
        PARTNER,
        STAFF,
    ),
    _row(
        "deliver",
        {Goods.PARTLY_SHIPPED, Goods.SHIPPED},
        {Goods.PARTLY_SHIPPED, Goods.SHIPPED, Goods.DELIVERED},
        PARTNER,
        STAFF,
        SYSTEM,
    ),
    _row("cancel", {Goods.UNFULFILLED}, {Goods.UNFULFILLED}, CUSTOMER, STAFF, SYSTEM),
    _row(  # the rest of it; what was shipped stays
        "cancel",
        {Goods.PARTLY_SHIPPED},
        set(Goods) - {Goods.UNFULFILLED},
        STAFF,
    ),
    _row(
        "return",
        {Goods.DELIVERED},
        {Goods.DELIVERED, Goods.RETURNED},
        CUSTOMER,
        STAFF,
    ),
    _row(  # a parcel that came back
        "return",
        {Goods.PARTLY_SHIPPED, Goods.SHIPPED},
        {Goods.PARTLY_SHIPPED, Goods.SHIPPED, Goods.RETURNED},
        STAFF,
    ),
)


def sum_up(payment: str, fulfilment: str, *, is_cancelled: bool) -> Order.Status:
    """Return the status that money and goods come to."""
    if is_cancelled:
        return Status.CANCELLED
    if fulfilment == Goods.RETURNED:
        return Status.RETURNED
    is_settled = payment not in {*UNPAID, Money.AUTHORIZED}
    if fulfilment == Goods.DELIVERED and is_settled:
        return Status.COMPLETED
    if fulfilment != Goods.UNFULFILLED or payment in SECURED:
        return Status.CONFIRMED
    return Status.PENDING


def payment_status_of(order: Order, money: MoneyState) -> Order.PaymentStatus:
    """Return where an order's money is; what is on its way back counts as back."""
    paid_back = money.refunded + money.refunding
    there = money.captured + money.authorized
    if money.captured and paid_back:
        is_all = paid_back >= money.captured
        return Money.REFUNDED if is_all else Money.PARTLY_REFUNDED
    # Nothing received is enough for goods that cost nothing, not for none at all.
    is_over = order.is_cancelled or order.fulfilment_status == Goods.RETURNED
    was_free = order.payment_status == Money.PAID
    is_enough = money.captured >= order.owed_amount
    if is_enough and (money.captured or was_free or not is_over):
        return Money.PAID
    if money.authorized and there >= order.owed_amount:
        return Money.AUTHORIZED
    return Money.FAILED if money.failed else Money.PENDING


def allowed_actions(order: Order, role: Role) -> list[str]:
    """Name what someone may do to an order now, in the tables' order, each once."""
    found: dict[str, None] = {}
    for table, status in (
        (PAYMENT, order.payment_status),
        (FULFILMENT, order.fulfilment_status),
    ):
        if not order.is_cancelled:
            found |= {
                row.action: None
                for row in table
                if role in row.roles and status in row.sources
            }
    if not may_ship(order):
        found.pop("ship", None)
    return list(found)


def may_ship(order: Order) -> bool:
    """Tell whether the money is there or promised, or may come later."""
    return not order.needs_prepayment or order.payment_status in SECURED


def check_action(order: Order, action: str, role: Role) -> None:
    """Refuse what someone may not do to the order now.

    Raises:
        TransitionNotAllowedError: ``extra`` lists what is allowed instead.
    """
    allowed = allowed_actions(order, role)
    if action not in allowed:
        raise refusal(order, action, allowed)


def check_payment_move(order: Order, target: str) -> None:
    """Refuse a payment status that cannot follow on the present one.

    Raises:
        TransitionNotAllowedError: The books contradict themselves.
    """
    source = order.payment_status
    rows = [row for row in PAYMENT if SYSTEM in row.roles and source in row.sources]
    if not any(target in row.targets for row in rows):
        lawful = sorted({status for row in rows for status in row.targets})
        raise refusal(order, target, lawful)


def check_fulfilment_move(order: Order, action: str, target: str) -> None:
    """Refuse a fulfilment status that an action cannot lead to.

    Raises:
        TransitionNotAllowedError: The lines and the status contradict each other.
    """
    source = order.fulfilment_status
    rows = [row for row in FULFILMENT if row.action == action and source in row.sources]
    if not any(target in row.targets for row in rows):
        lawful = sorted({status for row in rows for status in row.targets})
        raise refusal(order, action, lawful)


def refusal(
    order: Order, action: str, allowed: Iterable[str]
) -> TransitionNotAllowedError:
    """Return what to raise; ``allowed`` is what could be done instead."""
    if order.is_cancelled:
        state = "cancelled"
    else:
        goods, money = order.fulfilment_status, order.payment_status
        state = f"{goods} and its payment {money}".replace("_", " ")
    msg = f"This is not possible now: the order is {state}."
    return TransitionNotAllowedError(
        msg,
        action=action,
        status=order.status,
        payment_status=order.payment_status,
        fulfilment_status=order.fulfilment_status,
        allowed=list(allowed),
    )
