"""What of an order, and of what was taken back of it, bears which rate of tax; pure.

An order keeps what bears each rate, as it was charged. What is taken back is taken off
these sums, each to the last minor unit, so that the parts of an order are together
exactly the order, in whatever steps they go.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from basket.totals import NOTHING, RateTax
from custom.money import allocate
from orders.credits import Credit, share_of
from orders.models import Order

Rates = dict[Decimal | None, Decimal]  # rate -> an amount that bears it


def told_taxes(taxes: Iterable[RateTax]) -> list[dict[str, str]]:
    """Return how an order keeps what bears each rate."""
    return [
        {"rate": f"{each.rate:f}", "net": f"{each.net:f}", "tax": f"{each.tax:f}"}
        for each in taxes
    ]


def taxes_of(order: Order) -> list[RateTax]:
    """Return what of an order bears each rate; together its total and its tax."""
    if not order.taxes:
        tax = order.included_tax + order.additional_tax
        return [RateTax(None, order.total_amount - tax, tax)]
    return [
        RateTax(Decimal(each["rate"]), Decimal(each["net"]), Decimal(each["tax"]))
        for each in order.taxes
    ]


def credited_taxes(order: Order, credits_: Iterable[Credit]) -> list[list[RateTax]]:
    """Return what of each credit bears which rate; together its amount.

    Units bear their line's rate. What goes back without units is shared out over what
    is left of each rate, in proportion.

    Args:
        order: With its taxes as charged.
        credits_: All of the order's, in the order of time.
    """
    whole = taxes_of(order)
    left: Rates = {each.rate: each.gross for each in whole}
    found = []
    for credit in credits_:
        parts = _by_rate(credit, left, order.currency)
        rows = []
        for each in whole:
            part, before = parts[each.rate], each.gross - left[each.rate]
            left[each.rate] -= part
            if part:
                tax = _tax_of(each, before + part, order.currency)
                tax -= _tax_of(each, before, order.currency)
                rows.append(RateTax(each.rate, part - tax, tax))
        found.append(rows)
    return found


def _by_rate(
    credit: Credit, left: Mapping[Decimal | None, Decimal], currency: str
) -> Rates:
    """Share a credit out over the rates, to each at most what is left of it."""
    parts: Rates = dict.fromkeys(left, NOTHING)
    for line, _units, worth in credit.units:
        if line.tax_rate in parts:
            parts[line.tax_rate] += worth
    parts = {rate: min(part, left[rate]) for rate, part in parts.items()}
    known = sum(parts.values(), NOTHING)
    if known > credit.amount:  # some of it had gone back without units before
        shares = allocate(credit.amount, list(parts.values()), currency)
        return dict(zip(parts, shares, strict=True))
    if known < credit.amount:
        room = [left[rate] - part for rate, part in parts.items()]
        shares = allocate(credit.amount - known, room, currency)
        for rate, share in zip(left, shares, strict=True):
            parts[rate] += share
    return parts


def _tax_of(rate: RateTax, gross: Decimal, currency: str) -> Decimal:
    """Return the tax in the first so much of what bears a rate."""
    return share_of(rate.tax, gross, of=rate.gross, currency=currency)
