"""Placing an order: all of it, or nothing."""

from collections.abc import Sequence
from typing import cast

from basket.items import Item, line_errors, line_title
from basket.quotes import Quote, make_quote
from basket.requests import QuoteRequest
from basket.totals import Totals
from custom import outbox
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from custom.money import format_money
from custom.transactions import DatabaseBusyError, transactional
from orders.errors import OrderTooLargeError, ShortageError, TotalChangedError
from orders.models import Order, OrderEvent, OrderLine
from orders.numbers import new_number
from orders.requests import OrderRequest
from partner.errors import InsufficientStockError
from partner.services import take_stock

MAX_TOTAL = 10 ** (MONEY_MAX_DIGITS - MONEY_DECIMAL_PLACES) - 1


@transactional
def place_order(wanted: OrderRequest) -> Order:
    """Store an order, announce it, and promise its stock.

    A fixed number of statements for any number of lines. Prices are read inside the
    transaction; the stock levels, which other orders wait for, are changed last.

    Raises:
        NotForSaleError: Some line cannot be bought.
        ShortageError: Some line asks for more than there is.
        TotalChangedError: The total is not the expected one.
        OrderTooLargeError: The total has too many digits.
        DatabaseBusyError: Stock was freed just when it seemed short.

    Whatever is raised, nothing is stored.
    """
    quote = make_quote(_quote_request(wanted))
    _check_total(wanted, quote.totals, quote.currency)
    order = _store_order(wanted, quote)
    OrderLine.objects.bulk_create(_lines(order, quote))
    placed = OrderEvent.objects.create(
        order=order,
        type=OrderEvent.Type.PLACED,
        to_status=order.status,
        actor=wanted.user,
        at=order.placed_at,
    )
    outbox.publish("order.placed", {"order": str(order.public_id)})
    _take_stock(quote.items, placed)
    return order


def _quote_request(wanted: OrderRequest) -> QuoteRequest:
    """Ask for the price of an order sent to its shipping address."""
    address = wanted.shipping_address
    return QuoteRequest(
        lines=wanted.lines,
        country=address["country"],
        postcode=address["postcode"],
        region=address["region"],
    )


def _check_total(wanted: OrderRequest, totals: Totals, currency: str) -> None:
    """Refuse a total that cannot be stored, or that the buyer was not shown."""
    if totals.total_amount > MAX_TOTAL:
        msg = "The order is too large. Please split it."
        raise OrderTooLargeError(msg)
    if wanted.expected_total not in (None, totals.total_amount):
        shown = format_money(totals.total_amount, currency)
        msg = f"The order now costs {shown} {currency}."
        raise TotalChangedError(msg, total_amount=shown, currency=currency)


def _store_order(wanted: OrderRequest, quote: Quote) -> Order:
    """Insert the order's own row."""
    totals = quote.totals
    return Order.objects.create(
        public_id=wanted.public_id,
        number=new_number(),
        user=wanted.user,
        guest_email=wanted.guest_email,
        currency=quote.currency,
        subtotal=totals.subtotal,
        discount_amount=totals.discount_amount,
        shipping_amount=totals.shipping_amount,
        included_tax=totals.included_tax,
        additional_tax=totals.additional_tax,
        total_amount=totals.total_amount,
        shipping_address=dict(wanted.shipping_address),
        billing_address=dict(wanted.billing_address),
        shipping_method=quote.shipping.code if quote.shipping else "",
        note=wanted.note,
        language=wanted.language,
    )


def _lines(order: Order, quote: Quote) -> list[OrderLine]:
    """Copy what was shown and charged into lines, still to be stored."""
    return [
        OrderLine(
            order=order,
            position=position,
            product_id=item.variant.product_id,
            variant_id=item.variant.pk,
            stock_record_id=item.offer.stock_record_id,
            partner_id=item.offer.partner_id,
            partner_name=item.offer.partner_name,
            sku=item.variant.sku,
            title=line_title(item.variant),
            quantity=item.quantity,
            unit_price=item.unit_price,
            line_total=item.line_total,
            discount_amount=quote.totals.line_discounts[position],
            tax_amount=quote.totals.line_taxes[position],
        )
        for position, item in enumerate(quote.items)
    ]


def _take_stock(items: Sequence[Item], placed: OrderEvent) -> None:
    """Promise the units, or name the requested lines that are short."""
    by_record = {item.offer.stock_record_id: item for item in items}
    try:
        take_stock(
            {pk: item.quantity for pk, item in by_record.items()},
            source=f"order-event:{placed.public_id}",
            actor=placed.actor,
        )
    except InsufficientStockError as error:
        shortages = cast("list[dict[str, int]]", error.extra["shortages"])
        errors = [
            entry
            for shortage in shortages
            for entry in _short_lines(by_record[shortage["stock_record"]], shortage)
        ]
        if not errors:  # what was short when it was taken is not any more
            msg = "Somebody else was faster. Please try again in a moment."
            raise DatabaseBusyError(msg) from error
        raise ShortageError(error.detail, errors=errors) from error


def _short_lines(item: Item, shortage: dict[str, int]) -> list[dict[str, object]]:
    """Name each requested line of an item that is short."""
    requested, available = shortage["requested"], shortage["available"]
    return line_errors(
        item.positions,
        code=ShortageError.code,
        detail=f"{available} of {requested} are available.",
        variant=item.variant.pk,
        requested=requested,
        available=available,
    )
