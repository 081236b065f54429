"""Reads of orders that no single queryset answers."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from basket.quotes import Quote, make_quote
from basket.selectors import BasketContents, contents_of
from custom.parts import Parts, with_parts
from custom.prepared import PreparedRead, PreparedRows
from orders.actors import Role
from orders.models import Order, OrderLine
from orders.querysets import BoughtLine, OrderRow
from orders.requests import OrderRequest
from orders.transitions import allowed_actions
from payments.selectors import payments_of, refunds_of
from payments.services import StartedPayment
from users.emails import LAST_CHARACTER, normalize_email
from users.models import User

MOST_FOUND = 500

_LINES = Parts(
    OrderLine.objects.order_by("position"),
    BoughtLine,
    key="order_id",
    name="bought",
    told=("currency",),
)
_HISTORY = PreparedRead(Order.objects.history_of)
_HISTORY_WITH_LINES = PreparedRead(
    lambda user: with_parts(Order.objects.history_of(user), _LINES)
)


def history_of(user: User, *, has_lines: bool) -> PreparedRows[OrderRow]:
    """Return an account's orders, the newest first, with or without their lines."""
    history = _HISTORY_WITH_LINES if has_lines else _HISTORY
    return history.rows(user=user.pk)


def open_basket(wanted: OrderRequest) -> tuple[OrderRequest, BasketContents | None]:
    """Read what is in the basket, if one is ordered, into the request; 3 queries.

    Raises:
        EmptyBasketError: There is none, or nothing in it.
    """
    if wanted.basket is None:
        return wanted, None
    contents = contents_of(wanted.basket)
    vouchers = dict.fromkeys((*contents.vouchers, *wanted.vouchers))
    filled = replace(wanted, lines=contents.lines, vouchers=tuple(vouchers))
    return filled, contents


def quote_order(wanted: OrderRequest) -> Quote:
    """Return what an order would cost now; what is short in stock is not looked at.

    Raises:
        EmptyBasketError: There is nothing in the basket.
        DomainError: As the pricing of an order raises.
    """
    filled, _contents = open_basket(wanted)
    return make_quote(filled.quote_request())


def read_placed(public_id: UUID, started: StartedPayment) -> Order:
    """Read an order whose payment was started right after it was placed.

    What it cannot have yet is not asked for, so that 3 queries are enough.
    """
    order = Order.objects.for_placed().get(public_id=public_id)
    order.payments = [started]
    order.refunds = []
    return order


def load_money(order: Order, started: StartedPayment | None = None) -> Order:
    """Add an order's payments and refunds to it; 2 queries.

    Args:
        order: Any.
        started: The payment of which more is known than the ledger keeps.
    """
    order.payments = [
        started if started and started.payment.pk == each.pk else each
        for each in payments_of(order.public_id)
    ]
    order.refunds = refunds_of(order.public_id)
    return order


def returnable_until(order: Order) -> datetime | None:
    """Return the last moment for a buyer's return; None before the delivery."""
    if order.delivered_at is None:
        return None
    return order.delivered_at + timedelta(days=settings.SHOP_RETURN_DAYS)


def buyer_actions(order: Order) -> list[str]:
    """Name what the buyer may do now; no queries."""
    allowed = allowed_actions(order, Role.CUSTOMER)
    until = returnable_until(order)
    if until is not None and until < timezone.now():
        return [action for action in allowed if action != "return"]
    return allowed


def find_orders(term: str) -> list[int]:
    """Return orders by number, SKU or the beginning of an address, unsorted.

    At most 5 queries, each a range of one index and at most ``MOST_FOUND`` rows;
    an OR of the same conditions would read every order.
    """
    term = term.strip()
    first = normalize_email(term)
    buyers = User.objects.filter(
        email_normalized__gte=first, email_normalized__lt=f"{first}{LAST_CHARACTER}"
    )
    people = list(buyers.values_list("pk", flat=True)[:MOST_FOUND])
    orders = Order.objects.values_list("pk", flat=True)
    found = (
        orders.filter(number=term.upper()),
        OrderLine.objects.filter(sku=term).values_list("order", flat=True),
        orders.filter(guest_email__istartswith=term),
        orders.filter(user__in=people),
    )
    return list({pk for pks in found for pk in pks.order_by("-pk")[:MOST_FOUND]})
