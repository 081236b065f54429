"""The one arithmetic of totals, for baskets, quotes and orders alike; no queries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from custom.money import allocate, round_money

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Charge:
    """A line, or the shipping, before tax is worked out.

    Attributes:
        amount: Rounded, not negative.
        rate: Share of the net price, 0.20 for a fifth. Of shipping it may be None:
            taxed as the goods are.
        discount: What vouchers take off; at most ``amount``.
    """

    amount: Decimal
    rate: Decimal | None
    discount: Decimal = NOTHING

    @property
    def payable(self) -> Decimal:
        """Return what is left to pay."""
        return self.amount - self.discount


NO_SHIPPING = Charge(NOTHING, None)


@dataclass(frozen=True, slots=True)
class RateTax:
    """What bears one rate of tax, lines and shipping together; net + tax = gross."""

    rate: Decimal | None  # None: several, of an order that did not keep them
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """Return what is paid for it."""
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of an order; subtotal - discount + shipping + additional tax = total.

    Attributes:
        discount_amount: Sum of ``line_discounts``. What a voucher takes off the
            shipping is gone from ``shipping_amount`` already.
        line_taxes: The tax on each line, included or additional as the shop has it.
        shipping_tax: The tax on the shipping, likewise.
        line_rates: Of each line.
        taxes: What bears each rate, the lowest first; together the whole total.
    """

    subtotal: Decimal
    discount_amount: Decimal
    shipping_amount: Decimal
    included_tax: Decimal
    additional_tax: Decimal
    total_amount: Decimal
    line_discounts: tuple[Decimal, ...]
    line_taxes: tuple[Decimal, ...]
    shipping_tax: Decimal
    line_rates: tuple[Decimal, ...] = ()
    taxes: tuple[RateTax, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """A taxable amount; ``owner`` is a line's position, or None for shipping."""

    owner: int | None
    amount: Decimal
    rate: Decimal


def compute_totals(
    lines: Sequence[Charge],
    shipping: Charge,
    *,
    currency: str,
    prices_include_tax: bool,
) -> Totals:
    """Sum lines and shipping up and tax them, to the currency's minor unit.

    The tax of each rate is worked out once, from all that bears it, and shared out
    by the largest remainder (decision 0018): what lines and shipping carry is
    together exactly the order's tax.

    Args:
        lines: At least one, in order.
        shipping: ``NO_SHIPPING`` while nothing is known of it.
        currency: ISO 4217 code of every amount.
        prices_include_tax: Amounts hold their tax already; otherwise it is added.
    """
    parts = [*_line_parts(lines), *_shipping_parts(lines, shipping, currency)]
    parts.sort(key=attrgetter("rate"))  # stable: lines keep their order
    line_taxes = [NOTHING] * len(lines)
    shipping_tax = NOTHING
    taxes = []
    for rate, group in groupby(parts, key=attrgetter("rate")):
        bearers = list(group)
        amounts = [part.amount for part in bearers]
        amount = sum(amounts, NOTHING)
        tax = _tax(amount, rate, currency, included=prices_include_tax)
        net = amount - tax if prices_include_tax else amount
        taxes.append(RateTax(rate, net, tax))
        for part, share in zip(bearers, allocate(tax, amounts, currency), strict=True):
            if part.owner is None:
                shipping_tax += share
            else:
                line_taxes[part.owner] += share
    subtotal = sum((line.amount for line in lines), NOTHING)
    discount = sum((line.discount for line in lines), NOTHING)
    tax = sum(line_taxes, shipping_tax)
    additional = NOTHING if prices_include_tax else tax
    return Totals(
        subtotal=subtotal,
        discount_amount=discount,
        shipping_amount=shipping.payable,
        included_tax=tax - additional,
        additional_tax=additional,
        total_amount=subtotal - discount + shipping.payable + additional,
        line_discounts=tuple(line.discount for line in lines),
        line_taxes=tuple(line_taxes),
        shipping_tax=shipping_tax,
        line_rates=tuple(map(_rate, lines)),
        taxes=tuple(taxes),
    )


def _tax(amount: Decimal, rate: Decimal, currency: str, *, included: bool) -> Decimal:
    """Return the tax inside an amount, or the tax to add to it."""
    return round_money(amount * rate / (1 + rate if included else 1), currency)


def _line_parts(lines: Sequence[Charge]) -> Iterator[_Part]:
    for position, line in enumerate(lines):
        yield _Part(position, line.payable, _rate(line))


def _shipping_parts(
    lines: Sequence[Charge], shipping: Charge, currency: str
) -> Iterator[_Part]:
    """Yield the shipping, shared out over the goods' rates if it has none itself."""
    if shipping.rate is not None:
        yield _Part(None, shipping.payable, shipping.rate)
        return
    weights: dict[Decimal, Decimal] = {}
    for line in lines:
        weights[_rate(line)] = weights.get(_rate(line), NOTHING) + line.payable
    shares = allocate(shipping.payable, list(weights.values()), currency)
    for rate, share in zip(weights, shares, strict=True):
        yield _Part(None, share, rate)


def _rate(line: Charge) -> Decimal:
    """Return a line's rate.

    Raises:
        ValueError: It has none: only shipping may be taxed as others are.
    """
    if line.rate is None:
        msg = "a line needs a tax rate"
        raise ValueError(msg)
    return line.rate
