"""What parts of an order are worth when they are taken back; pure arithmetic."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from custom.money import round_money
from orders.models import Order, OrderLine


def line_charge(order: Order, line: OrderLine) -> Decimal:
    """Return what the buyer was charged for a line: discounted, with any added tax."""
    is_tax_added = order.additional_tax > 0
    return (
        line.line_total
        - line.discount_amount
        + (line.tax_amount if is_tax_added else Decimal(0))
    )


def share_of(charge: Decimal, units: int, *, of: int, currency: str) -> Decimal:
    """Return what the first ``units`` of a line's ``of`` units cost, rounded."""
    return round_money(charge * units / of, currency)


def credit_of(
    order: Order, lines: Iterable[OrderLine], taken: Mapping[int, int]
) -> Decimal:
    """Return what must be taken off what is owed when units go back.

    Units of a line are worth the difference of two rounded sums, so the parts of a
    line are together exactly its charge, in whatever steps they go back. With the
    last unit of the order goes all that is left of its total: the shipping.

    Args:
        order: With what has been credited so far.
        lines: All of its lines, as they were before.
        taken: Line id -> units, no more than the line's ``kept_quantity``.
    """
    credit = Decimal(0)
    is_anything_kept = False
    for line in lines:
        units = taken.get(line.pk, 0)
        gone = line.quantity - line.kept_quantity
        charge, currency = line_charge(order, line), order.currency
        credit += share_of(charge, gone + units, of=line.quantity, currency=currency)
        credit -= share_of(charge, gone, of=line.quantity, currency=currency)
        is_anything_kept |= units < line.kept_quantity
    return credit if is_anything_kept else order.owed_amount
