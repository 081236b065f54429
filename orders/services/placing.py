"""Placing an order: all of it, or nothing."""

from collections.abc import Sequence
from typing import cast

from basket.items import Item, line_errors
from basket.quotes import Quote, make_quote
from basket.services import close_basket
from basket.totals import NOTHING
from custom import outbox
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from custom.money import format_money
from custom.prepared_writes import PreparedInsert
from custom.related import set_related
from custom.transactions import DatabaseBusyError, transactional
from orders.actors import Role
from orders.errors import OrderTooLargeError, ShortageError, TotalChangedError
from orders.models import Order, OrderEvent, OrderLine
from orders.numbers import new_number
from orders.requests import OrderRequest
from orders.selectors import open_basket
from orders.services.money import expiry_of
from orders.taxes import told_taxes
from partner.errors import InsufficientStockError
from partner.services import take_stock
from payments.models import Payment
from payments.providers.registry import offered_provider
from payments.services import StartedPayment, create_payment
from promotions.services import redeem_vouchers
from users.errors import AccountClosedError
from users.models import User

MAX_TOTAL = 10 ** (MONEY_MAX_DIGITS - MONEY_DECIMAL_PLACES) - 1

_INSERT_ORDER = PreparedInsert(Order)
_INSERT_LINES = PreparedInsert(OrderLine)
_INSERT_EVENT = PreparedInsert(OrderEvent)


@transactional
def place_order(wanted: OrderRequest) -> Order:
    """Store an order with its payment, announce it, and promise its stock.

    It is returned with all that its buyer is shown of it, as ``load_money`` leaves one
    that is read.

    A fixed number of statements for any number of lines. What decides money is read
    inside the transaction; the counters of vouchers and the stock levels, which other
    orders wait for, are changed last. No provider is called: see ``start_payment``.

    Raises:
        EmptyBasketError: There is nothing in the basket.
        BasketChangedError: The basket was changed or ordered at this moment.
        NotForSaleError: Some line cannot be bought.
        NotShippedError: Nothing goes to that country.
        ShippingMethodError: The named method does not.
        VoucherUsedUpError: A voucher was used up at this moment; others of
            ``promotions.errors`` if it does not count at all.
        UnknownProviderError: The shop does not take this kind of payment.
        ShortageError: Some line asks for more than there is.
        TotalChangedError: The total is not the expected one.
        OrderTooLargeError: The total has too many digits.
        AccountClosedError: The account was closed at this moment.
        DatabaseBusyError: Stock was freed just when it seemed short.

    Whatever is raised, nothing is stored.
    """
    wanted, basket = open_basket(wanted)
    quote = make_quote(wanted.quote_request())
    _check_total(wanted, quote)
    order = _new_order(wanted, quote)
    _INSERT_ORDER([order])
    _check_account(wanted)
    lines = _lines(order, quote)
    _INSERT_LINES(lines)
    placed = _tell_placed(order)
    order.payments = _payments(order, wanted.payment_provider)
    order.refunds = []
    outbox.publish("order.placed", {"order": str(order.public_id)})
    if basket is not None:
        close_basket(basket, order=order.public_id)
    if quote.vouchers:
        redeem_vouchers(quote.vouchers, order=order.public_id, customer=wanted.customer)
    _take_stock(quote.items, placed)
    if all(line.pk for line in lines):  # not every database tells the keys it has given
        set_related(order, "lines", lines)
    set_related(order, "events", [placed])
    set_related(order, "shipments", [])
    return order


def _check_account(wanted: OrderRequest) -> None:
    """Refuse to buy with an account that is closed; 1 query, none for a guest.

    The order's foreign key has locked the account's row in share mode, so it is not
    closed between this look and the commit.

    Raises:
        AccountClosedError: It has been.
    """
    if wanted.user is None or User.objects.active().filter(pk=wanted.user.pk).exists():
        return
    msg = "This account has been closed."
    raise AccountClosedError(msg)


def _check_total(wanted: OrderRequest, quote: Quote) -> None:
    """Refuse a total that cannot be stored, or that the buyer was not shown.

    Raises:
        OrderTooLargeError: The total has too many digits.
        TotalChangedError: The total is not the expected one.
    """
    total, currency = quote.totals.total_amount, quote.currency
    if total > MAX_TOTAL:
        msg = "The order is too large. Please split it."
        raise OrderTooLargeError(msg)
    if wanted.expected_total not in (None, total):
        shown = format_money(total, currency)
        msg = f"The order now costs {shown} {currency}."
        raise TotalChangedError(msg, total_amount=shown, currency=currency)


def _new_order(wanted: OrderRequest, quote: Quote) -> Order:
    """Return the order's own row, still to be stored."""
    totals = quote.totals
    order = Order(
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
        credited_amount=NOTHING,
        taxes=told_taxes(totals.taxes),
        vouchers=[
            {"code": each.code, "discount": format_money(each.amount, quote.currency)}
            for each in quote.vouchers
        ],
        shipping_address=dict(wanted.shipping_address),
        billing_address=dict(wanted.billing_address),
        shipping_method=quote.shipping.code if quote.shipping else "",
        note=wanted.note,
        language=wanted.language,
    )
    if not order.total_amount:
        order.payment_status = Order.PaymentStatus.PAID
        order.status = Order.Status.CONFIRMED
    elif wanted.payment_provider:
        provider = offered_provider(wanted.payment_provider)
        order.needs_prepayment = provider.needs_prepayment
    order.expires_at = expiry_of(order)
    return order


def _payments(order: Order, provider: str) -> list[Payment | StartedPayment]:
    """Make the order's payment, if the buyer has chosen how; 1 statement, or none."""
    if not provider or not order.total_amount:
        return []
    payment = create_payment(
        order=order.public_id,
        provider=provider,
        amount=order.total_amount,
        currency=order.currency,
    )
    return [payment]


def _tell_placed(order: Order) -> OrderEvent:
    """Store the order's first event."""
    event = OrderEvent(
        order=order,
        type=OrderEvent.Type.PLACED,
        to_status=order.status,
        actor=order.user,
        role=Role.CUSTOMER,
        at=order.placed_at,
    )
    _INSERT_EVENT([event])
    return event


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
            title=item.title,
            quantity=item.quantity,
            unit_price=item.unit_price,
            line_total=item.line_total,
            discount_amount=quote.totals.line_discounts[position],
            tax_amount=quote.totals.line_taxes[position],
            tax_rate=quote.totals.line_rates[position],
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
