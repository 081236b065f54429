"""The one arithmetic of totals."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.conf import settings

from custom.money import allocate, round_money

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class TaxRule:
    """The shop's one tax.

    Attributes:
        rate: Share of the net price, 0.20 for a fifth.
        is_included: Prices hold the tax already; otherwise it is added.
    """

    rate: Decimal
    is_included: bool

    @classmethod
    def of_shop(cls) -> Self:
        """Read the rule from the settings."""
        return cls(Decimal(settings.SHOP_TAX_RATE), settings.SHOP_PRICES_INCLUDE_TAX)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of an order; subtotal - discount + shipping + additional tax = total."""

    subtotal: Decimal
    discount_amount: Decimal
    shipping_amount: Decimal
    included_tax: Decimal
    additional_tax: Decimal
    total_amount: Decimal
    line_taxes: tuple[Decimal, ...]


def compute_totals(
    line_totals: Sequence[Decimal], currency: str, rule: TaxRule
) -> Totals:
    """Sum lines up and tax the sum, to the currency's minor unit.

    The tax is worked out once, from the sum, and shared out over the lines by the
    largest remainder, so that the lines' taxes are together exactly the order's.

    Args:
        line_totals: At least one, rounded, in the order of the lines.
        currency: ISO 4217 code.
        rule: The tax to apply.
    """
    subtotal = sum(line_totals, NOTHING)
    net_share = 1 + rule.rate if rule.is_included else Decimal(1)
    tax = round_money(subtotal * rule.rate / net_share, currency)
    additional = NOTHING if rule.is_included else tax
    return Totals(
        subtotal=subtotal,
        discount_amount=NOTHING,
        shipping_amount=NOTHING,
        included_tax=tax if rule.is_included else NOTHING,
        additional_tax=additional,
        total_amount=subtotal + additional,
        line_taxes=tuple(allocate(tax, line_totals, currency)),
    )
