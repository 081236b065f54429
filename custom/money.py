"""Arithmetic of amounts: rounding, writing and sharing out, by currency.

An amount is a ``Decimal`` with an ISO 4217 code beside it. Its number of places is
the currency's own minor unit: none for yen, two for euro, three for Kuwaiti dinar.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

DEFAULT_PLACES = 2
# ISO 4217, list one: every current currency whose minor unit is not two places.
_WITHOUT_PLACES = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_PLACES = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_PLACES = "CLF UYW"
PLACES = (
    dict.fromkeys(_WITHOUT_PLACES.split(), 0)
    | dict.fromkeys(_THREE_PLACES.split(), 3)
    | dict.fromkeys(_FOUR_PLACES.split(), 4)
)
MOST_PLACES = 3  # what the database's columns hold
MOST_KEPT = 4_096  # amounts, of some 300 bytes each
_CODE = re.compile(r"[A-Z]{3}")


def places(currency: str) -> int:
    """Return the number of decimal places of a currency.

    Raises:
        ValueError: The code is malformed, or its minor unit cannot be stored.
    """
    number = PLACES.get(currency, DEFAULT_PLACES)
    if number > MOST_PLACES or not _CODE.fullmatch(currency):
        msg = f"{currency!r} is not a currency this shop can keep"
        raise ValueError(msg)
    return number


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round to the currency's minor unit, halves away from zero."""
    return amount.quantize(_unit(currency), ROUND_HALF_UP)  # by name: twice the time


def as_paid(amount: Decimal, currency: str) -> Decimal:
    """Return an amount with its currency's places, or as it is if that loses some."""
    try:
        rounded = round_money(amount, currency)
    except ValueError:  # what no currency has is still to be seen
        return amount
    return rounded if rounded == amount else amount


@lru_cache(MOST_KEPT)  # prices are few beside how often they are shown
def format_money(amount: Decimal, currency: str) -> str:
    """Write an amount with all of its currency's places and no sign on zero."""
    rounded = amount.quantize(_unit(currency), ROUND_HALF_UP)  # a call less: hot
    return str(rounded) if rounded else str(abs(rounded))


def allocate(
    total: Decimal, weights: Sequence[Decimal | int], currency: str
) -> list[Decimal]:
    """Share an amount out in proportion, to the last minor unit.

    Each share is rounded towards zero; what is left goes, one unit each, to those
    that lost most by it, the first of equals first (largest remainder).

    Args:
        total: Rounded to the currency first; may be negative.
        weights: None negative. All zero means equal shares.
        currency: ISO 4217 code of ``total``.

    Returns:
        One share per weight, in order, that together are exactly ``total``.

    Raises:
        ValueError: There are no weights, or one is negative.
    """
    if not weights or any(weight < 0 for weight in weights):
        msg = "weights must be there, and not negative"
        raise ValueError(msg)
    unit = _unit(currency)
    total = round_money(total, currency)
    parts = [Decimal(weight) for weight in weights]
    if not sum(parts):
        parts = [Decimal(1)] * len(parts)
    whole = sum(parts)
    exact = [total * part / whole for part in parts]
    shares = [share.quantize(unit, rounding=ROUND_DOWN) for share in exact]
    left = int((total - sum(shares)) / unit)
    by_loss = sorted(
        range(len(parts)), key=lambda at: abs(exact[at] - shares[at]), reverse=True
    )
    step = unit if left > 0 else -unit
    for at in by_loss[: abs(left)]:
        shares[at] += step
    return shares


@cache
def _unit(currency: str) -> Decimal:
    """Return the smallest amount of a currency."""
    return Decimal(1).scaleb(-places(currency))
