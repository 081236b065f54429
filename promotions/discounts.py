"""What vouchers take off, and in which order; no queries.

Percentages come first, then fixed amounts, then free shipping, each kind by code:
typing the same codes in another order changes nothing. Each voucher works on what
the ones before it have left, so no line, and no sum, falls below zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from custom.money import allocate, round_money
from promotions.models import Voucher

NOTHING = Decimal(0)
_RANKS = {kind: rank for rank, kind in enumerate(Voucher.Kind.values)}


@dataclass(frozen=True, slots=True)
class VoucherDiscount:
    """What one voucher takes off an order.

    Attributes:
        kind: A ``Voucher.Kind``; free shipping comes off the shipping, anything
            else off the lines.
    """

    voucher_id: int
    code: str
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LineDiscounts:
    """What vouchers take off lines.

    Attributes:
        shares: One a line, in order; the sum of all vouchers.
        by_voucher: Voucher id -> what it takes off all lines together.
    """

    shares: tuple[Decimal, ...]
    by_voucher: dict[int, Decimal]


def discount_lines(
    vouchers: Sequence[Voucher], line_totals: Sequence[Decimal], currency: str
) -> LineDiscounts:
    """Take vouchers off lines; each one's sum is spread by the largest remainder.

    Args:
        vouchers: In any order; free shipping is passed over.
        line_totals: At least one, rounded.
        currency: ISO 4217 code of every amount.
    """
    left = list(line_totals)
    by_voucher: dict[int, Decimal] = {}
    for voucher in in_order(vouchers):
        if voucher.kind == Voucher.Kind.FREE_SHIPPING:
            continue
        payable = sum(left, NOTHING)
        off = min(payable, _worth(voucher, payable, currency))
        shares = allocate(off, left, currency)
        left = [amount - share for amount, share in zip(left, shares, strict=True)]
        by_voucher[voucher.pk] = off
    pairs = zip(line_totals, left, strict=True)
    return LineDiscounts(tuple(full - rest for full, rest in pairs), by_voucher)


def discount_shipping(
    vouchers: Sequence[Voucher], price: Decimal
) -> dict[int, Decimal]:
    """Return voucher id -> what it takes off the shipping: the first, all of it."""
    off: dict[int, Decimal] = {}
    for voucher in in_order(vouchers):
        if voucher.kind == Voucher.Kind.FREE_SHIPPING:
            off[voucher.pk] = NOTHING if off else price
    return off


def in_order(vouchers: Sequence[Voucher]) -> list[Voucher]:
    """Sort vouchers as they are applied."""
    return sorted(vouchers, key=lambda voucher: (_RANKS[voucher.kind], voucher.code))


def _worth(voucher: Voucher, payable: Decimal, currency: str) -> Decimal:
    """Return what a voucher would take off an amount, or off any amount."""
    if voucher.percent is not None:
        return round_money(payable * voucher.percent / 100, currency)
    return round_money(voucher.amount or NOTHING, currency)
