"""What a buyer would be charged: items, discounts, shipping, tax and their sum.

Baskets, ``POST /api/order/quote/`` and the placing of orders all ask here, so that
what was shown and what is charged cannot differ. Nothing is cached: inside a
transaction a quote is made of what that transaction sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from basket.items import Item, choose_items
from basket.requests import QuoteRequest
from basket.totals import NOTHING, Charge, Totals, compute_totals
from promotions.discounts import (
    LineDiscounts,
    VoucherDiscount,
    discount_lines,
    discount_shipping,
)
from promotions.models import Voucher
from promotions.selectors import VoucherRefusal, judge_vouchers, refuse_vouchers
from shipping.offers import Parcel, ShippingOffer
from shipping.selectors import pick_shipping, shipping_offers
from tax.selectors import tax_table


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced request.

    Attributes:
        items: In the order in which they were first asked for.
        shipping: None while no country is known, or where nothing is shipped.
        vouchers: Those that count, in the order in which they were given.
        refusals: Those that do not, likewise.
    """

    items: tuple[Item, ...]
    totals: Totals
    currency: str
    shipping: ShippingOffer | None
    vouchers: tuple[VoucherDiscount, ...]
    refusals: tuple[VoucherRefusal, ...]


@dataclass(frozen=True, slots=True)
class _Goods:
    """Items, and what vouchers take off them."""

    items: tuple[Item, ...]
    vouchers: list[Voucher]
    refusals: list[VoucherRefusal]
    discounts: LineDiscounts

    @property
    def parcel(self) -> Parcel:
        """Return what has to be sent: all of it, at what is paid for it."""
        weights = (
            item.quantity * (item.variant.weight_grams or 0) for item in self.items
        )
        totals = (item.line_total for item in self.items)
        return Parcel(
            value=sum(totals, NOTHING) - sum(self.discounts.shares, NOTHING),
            weight_grams=sum(weights),
        )


def make_quote(wanted: QuoteRequest) -> Quote:
    """Price a request; reads only, a fixed number of queries for any number of lines.

    2 queries for the items (3 if a line names an offer) and those of ``price_items``.

    Raises:
        NotForSaleError: A variant is unknown or hidden, or has no such offer.
        NotShippedError: Nothing goes to that country.
        ShippingMethodError: The named method does not.
        DomainError: A voucher is refused; see ``promotions.selectors``.
    """
    quote = price_items(choose_items(wanted.lines), wanted)
    refuse_vouchers(quote.refusals)
    return quote


def price_items(items: Sequence[Item], wanted: QuoteRequest) -> Quote:
    """Price items that were found for a request; its lines are not looked at again.

    1 query for tax rates, 1 for shipping once there is a country, 1 for vouchers if
    codes are given. Vouchers that do not count are left aside and named.

    Raises:
        NotShippedError: Nothing goes to that country.
        ShippingMethodError: The named method does not.
    """
    goods = _price_goods(items, wanted)
    destination = wanted.destination
    shipping = None
    if destination.country:
        shipping = pick_shipping(destination, goods.parcel, wanted.shipping_method)
    price = shipping.price if shipping else NOTHING
    off_shipping = discount_shipping(goods.vouchers, price)
    taxes = tax_table([destination.country])
    lines = [
        Charge(
            amount=item.line_total,
            rate=taxes.rate(item.variant.tax_class_id, destination),
            discount=off,
        )
        for item, off in zip(goods.items, goods.discounts.shares, strict=True)
    ]
    shipping_rate = None  # taxed as the goods
    if shipping and shipping.tax_class_id is not None:
        shipping_rate = taxes.rate(shipping.tax_class_id, destination)
    totals = compute_totals(
        lines,
        Charge(price, shipping_rate, sum(off_shipping.values(), NOTHING)),
        currency=settings.SHOP_CURRENCY,
        prices_include_tax=settings.SHOP_PRICES_INCLUDE_TAX,
    )
    amounts = goods.discounts.by_voucher | off_shipping
    return Quote(
        items=goods.items,
        totals=totals,
        currency=settings.SHOP_CURRENCY,
        shipping=shipping,
        vouchers=tuple(
            VoucherDiscount(row.pk, row.code, row.kind, amounts[row.pk])
            for row in goods.vouchers
        ),
        refusals=tuple(goods.refusals),
    )


def offer_shipping(items: Sequence[Item], wanted: QuoteRequest) -> list[ShippingOffer]:
    """Return the ways to send items to the request's country, the cheapest first.

    1 query, and 1 for vouchers if codes are given: their discounts count, but the
    prices are those before a voucher for free shipping.
    """
    goods = _price_goods(items, wanted)
    return shipping_offers(wanted.destination, goods.parcel)


def _price_goods(items: Sequence[Item], wanted: QuoteRequest) -> _Goods:
    """Look vouchers up, and take those that count off the lines."""
    currency = settings.SHOP_CURRENCY
    line_totals = [item.line_total for item in items]
    vouchers, refusals = judge_vouchers(
        wanted.vouchers,
        subtotal=sum(line_totals, NOTHING),
        currency=currency,
        customer=wanted.customer,
    )
    discounts = discount_lines(vouchers, line_totals, currency)
    return _Goods(tuple(items), vouchers, refusals, discounts)
