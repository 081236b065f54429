"""Orders of the past, brought in from elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain

from django.conf import settings

from address.destinations import Destination
from basket.items import line_title
from basket.totals import NO_SHIPPING, Charge, Totals, compute_totals
from custom import outbox
from custom.batching import batched
from custom.money import round_money
from custom.transactions import transactional
from orders.models import Order, OrderEvent, OrderLine
from orders.numbers import new_number
from orders.requests import HistoricOrder
from orders.taxes import told_taxes
from partner.models import StockMovement, StockRecord
from partner.services import NewMovement, record_movements
from payments.services import PastPayment, import_payments
from tax.selectors import tax_table

BATCH = 500  # rows of one INSERT


@transactional
def import_orders(history: Sequence[HistoricOrder]) -> int:
    """Store orders that were paid and delivered long ago; tells no buyer of it.

    Prices are the stock records' present ones. The money is entered as received on
    invoice, so that it can be paid back like any other. What was shipped is entered as
    received for that order and shipped with it, so the ledger tells of it and no
    level changes. A fixed number of statements for each 500 rows.

    Returns:
        Number of orders stored.

    Raises:
        KeyError: A stock record does not exist; nothing is stored.
    """
    records = _records(history)
    taxes = tax_table({entry.address["country"] for entry in history})
    orders: list[Order] = []
    lines: list[OrderLine] = []
    for entry in history:
        sold = [(records[pk], units) for pk, units in sorted(entry.quantities.items())]
        currency = sold[0][0].currency
        place = Destination(entry.address["country"], region=entry.address["region"])
        totals = compute_totals(
            [
                Charge(
                    _unit_price(record) * units,
                    taxes.rate(record.variant.product.tax_class_id, place),
                )
                for record, units in sold
            ],
            NO_SHIPPING,
            currency=currency,
            prices_include_tax=settings.SHOP_PRICES_INCLUDE_TAX,
        )
        order = _order(entry, totals, currency)
        orders.append(order)
        lines += _lines(order, sold, totals)
    _store(orders, lines, history)
    return len(orders)


def _store(
    orders: list[Order], lines: list[OrderLine], history: Sequence[HistoricOrder]
) -> None:
    """Insert orders, then what hangs on them."""
    Order.objects.bulk_create(orders, batch_size=BATCH)
    by_public_id = Order.objects.in_bulk(
        [order.public_id for order in orders], field_name="public_id"
    )  # not every database tells the keys it has given
    for order in orders:
        order.pk = by_public_id[order.public_id].pk
    OrderLine.objects.bulk_create(lines, batch_size=BATCH)
    events = [_events(*pair) for pair in zip(orders, history, strict=True)]
    OrderEvent.objects.bulk_create(chain.from_iterable(events), batch_size=BATCH)
    import_payments(
        [
            PastPayment(
                order=order.public_id,
                amount=order.total_amount,
                currency=order.currency,
                at=order.placed_at,
            )
            for order in orders
        ]
    )
    record_movements(list(_movements(lines)))
    ids = [str(order.public_id) for order in orders]
    batches = batched(ids, BATCH)
    outbox.publish_all("order.imported", [{"orders": batch} for batch in batches])


def _records(history: Sequence[HistoricOrder]) -> dict[int, StockRecord]:
    """Load all that was sold, with what lines copy of it; 1 query."""
    sold = {pk for entry in history for pk in entry.quantities}
    found = StockRecord.objects.select_related("partner", "variant__product")
    return found.in_bulk(sold)


def _unit_price(record: StockRecord) -> Decimal:
    return round_money(record.price, record.currency)


def _order(entry: HistoricOrder, totals: Totals, currency: str) -> Order:
    """Return the order's own row, still to be stored."""
    return Order(
        number=new_number(),
        user=entry.user,
        status=Order.Status.COMPLETED,
        payment_status=Order.PaymentStatus.PAID,
        fulfilment_status=Order.FulfilmentStatus.DELIVERED,
        currency=currency,
        subtotal=totals.subtotal,
        discount_amount=totals.discount_amount,
        shipping_amount=totals.shipping_amount,
        included_tax=totals.included_tax,
        additional_tax=totals.additional_tax,
        total_amount=totals.total_amount,
        taxes=told_taxes(totals.taxes),
        paid_amount=totals.total_amount,
        needs_prepayment=False,
        delivered_at=entry.completed_at,
        shipping_address=dict(entry.address),
        billing_address=dict(entry.address),
        placed_at=entry.placed_at,
    )


def _lines(
    order: Order, sold: Sequence[tuple[StockRecord, int]], totals: Totals
) -> list[OrderLine]:
    """Return the lines of an order, all of them delivered."""
    return [
        OrderLine(
            order=order,
            position=position,
            product_id=record.variant.product_id,
            variant_id=record.variant_id,
            stock_record_id=record.pk,
            partner_id=record.partner_id,
            partner_name=record.partner.name,
            sku=record.variant.sku,
            title=line_title(record.variant),
            quantity=units,
            fulfilled_quantity=units,
            unit_price=_unit_price(record),
            line_total=_unit_price(record) * units,
            tax_amount=totals.line_taxes[position],
            tax_rate=totals.line_rates[position],
        )
        for position, (record, units) in enumerate(sold)
    ]


def _events(order: Order, entry: HistoricOrder) -> tuple[OrderEvent, OrderEvent]:
    """Tell when the order began and when it ended."""
    return (
        OrderEvent(
            order=order,
            type=OrderEvent.Type.PLACED,
            to_status=Order.Status.PENDING,
            actor=entry.user,
            at=entry.placed_at,
        ),
        OrderEvent(
            order=order,
            type=OrderEvent.Type.COMPLETED,
            from_status=Order.Status.PENDING,
            to_status=Order.Status.COMPLETED,
            at=entry.completed_at,
        ),
    )


def _movements(lines: Iterable[OrderLine]) -> Iterator[NewMovement]:
    """Enter each line's units as received and as shipped."""
    for line in lines:
        cause = f"order:{line.order.public_id}"
        yield NewMovement(
            stock_record_id=line.stock_record_id,
            reason=StockMovement.Reason.RECEIVED,
            source=f"{cause}:received",
            in_stock_delta=line.quantity,
        )
        yield NewMovement(
            stock_record_id=line.stock_record_id,
            reason=StockMovement.Reason.SHIPPED,
            source=f"{cause}:shipped",
            in_stock_delta=-line.quantity,
        )
