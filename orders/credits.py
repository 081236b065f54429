"""What parts of an order are worth when they are taken back; pure arithmetic."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from custom.money import round_money
from orders.models import Order, OrderEvent, OrderLine

CREDITING = (  # events that take something off what is owed
    OrderEvent.Type.CANCELLED,
    OrderEvent.Type.EXPIRED,
    OrderEvent.Type.RETURNED,
    OrderEvent.Type.CREDITED,
)


@dataclass(frozen=True, slots=True)
class Credit:
    """What one event took off what is owed.

    Attributes:
        amount: In all.
        units: Each line with the units taken back of it, and what they were charged.
    """

    event: OrderEvent
    amount: Decimal
    units: list[tuple[OrderLine, int, Decimal]]

    @property
    def rest(self) -> Decimal:
        """Return what went back beside units; below zero if that was before them."""
        return self.amount - sum((worth for *_, worth in self.units), Decimal(0))


def line_charge(order: Order, line: OrderLine) -> Decimal:
    """Return what the buyer was charged for a line: discounted, with any added tax."""
    is_tax_added = order.additional_tax > 0
    return (
        line.line_total
        - line.discount_amount
        + (line.tax_amount if is_tax_added else Decimal(0))
    )


def share_of(
    charge: Decimal, units: Decimal | int, *, of: Decimal | int, currency: str
) -> Decimal:
    """Return what the first ``units`` of a line's ``of`` units cost, rounded."""
    return round_money(charge * units / of, currency)


def credits_of(
    order: Order, lines: Iterable[OrderLine], events: Iterable[OrderEvent]
) -> Iterator[Credit]:
    """Tell again what an order's events took back; no queries.

    Args:
        order: Any.
        lines: All of its lines.
        events: All of its ``CREDITING`` ones, in the order of time.
    """
    known = {line.pk: line for line in lines}
    gone: Counter[int] = Counter()  # line id -> units taken back before
    for event in events:
        units = []
        for entry in event.detail.get("lines", ()):
            line, number = known[entry["line"]], entry["quantity"]
            before = _worth(order, line, gone[line.pk])
            gone[line.pk] += number
            units.append((line, number, _worth(order, line, gone[line.pk]) - before))
        yield Credit(event, Decimal(event.detail["amount"]), units)


def _worth(order: Order, line: OrderLine, units: int) -> Decimal:
    """Return what the first units of a line were charged."""
    charge = line_charge(order, line)
    return share_of(charge, units, of=line.quantity, currency=order.currency)


def credit_of(
    order: Order, lines: Iterable[OrderLine], taken: Mapping[int, int]
) -> Decimal:
    """Return what must be taken off what is owed when units go back.

    Units of a line are worth the difference of two rounded sums, so the parts of a
    line are together exactly its charge, in whatever steps they go back. With the
    last unit of the order goes all that is left of its total: the shipping. What has
    gone back without units before does not go back again with them.

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
        credit += _worth(order, line, gone + units) - _worth(order, line, gone)
        is_anything_kept |= units < line.kept_quantity
    owed = order.owed_amount
    return min(credit, owed) if is_anything_kept else owed
