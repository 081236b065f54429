"""What the tests of this package run in processes of their own."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from orders.models import Order
from orders.services import (
    cancel_order,
    choose_payment,
    claim_guest_orders,
    credit_order,
    expire_order,
    follow_payments,
    issue_invoice,
    return_lines,
    ship_lines,
)
from partner.services import verify_stock
from tests.buying.racers import buy
from tests.orders.stories import CUSTOMER, STAFF, receive


def verify(times: int) -> int:
    """Verify all stock again and again; return the number of findings."""
    return sum(len(verify_stock()) for _ in range(times))


def claim(user: str) -> int:
    """Claim the guests' orders of an account; return how many."""
    return claim_guest_orders(UUID(user))


def act(name: str, **arguments: Any) -> object:  # noqa: ANN401
    """Do one of these, so that one race mixes them."""
    return {"buy": buy, "verify": verify}[name](**arguments)


def change(name: str, order: int, **arguments: Any) -> str:  # noqa: ANN401
    """Do one thing to an order; the racers differ in what."""
    match name:
        case "cancel":
            cancel_order(order, actor=CUSTOMER, quantities=_units(arguments))
        case "return":
            return_lines(order, actor=CUSTOMER, quantities=_units(arguments))
        case "ship":
            ship_lines(order, actor=STAFF)
        case "expire":
            return str(expire_order(order))
        case "pay":
            receive(Order.objects.get(pk=order))
        case "follow":
            follow_payments(Order.objects.get(pk=order).public_id)
        case "credit":
            credit_order(
                order, amount=Decimal(arguments["amount"]), reason="Late", actor=STAFF
            )
        case "choose":
            choose_payment(order, provider=arguments["provider"], actor=CUSTOMER)
    return name


def _units(arguments: dict[str, Any]) -> dict[int, int] | None:
    """Read line id -> units; JSON has no numbers for keys."""
    lines = arguments.get("lines")
    return lines and {int(pk): units for pk, units in lines.items()}


def invoice(order: int) -> int:
    """Issue an order's invoice."""
    return issue_invoice(order).number
