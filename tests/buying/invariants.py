"""Proves a whole database: nothing sold twice, nothing half, every ledger balanced."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from operator import attrgetter

from basket.models import Basket
from custom.models import IdempotencyKey, OutboxMessage
from orders.credits import CREDITING, credits_of
from orders.models import Invoice, Order, OrderEvent, OrderLine
from partner.models import StockLevel, StockMovement
from partner.selectors import find_discrepancies
from payments.models import Payment
from payments.selectors import MoneyState, money_of
from promotions.models import VoucherCounter, VoucherRedemption


def find_faults(acknowledged: Mapping[str, str] | None = None) -> list[str]:
    """Return what is wrong in the database; nothing, if all is well.

    Args:
        acknowledged: Idempotency key -> number of the order its client was told.
    """
    return [
        *_stock_faults(),
        *_order_faults(),
        *_goods_faults(),
        *_credit_faults(),
        *_money_faults(),
        *_asking_faults(),
        *_voucher_faults(),
        *_basket_faults(),
        *_key_faults(acknowledged or {}),
    ]


def _stock_faults() -> Iterator[str]:
    """Levels are the sums of their movements, promises those of open lines."""
    for found in find_discrepancies():
        yield f"level is not the sum of its movements: {found}"
    promised: Counter[int] = Counter()
    for line in OrderLine.objects.all():
        promised[line.stock_record_id] += line.open_quantity
    for level in StockLevel.objects.all():
        claimed = promised[level.pk]
        if level.num_allocated != claimed:
            yield f"{level.num_allocated} promised of {level.pk}, not {claimed}"
        if level.num_free < 0 and not level.backorder:
            yield f"oversold: {level.pk}"


def _order_faults() -> Iterator[str]:
    """An order is wholly there, and its lines add up to it."""
    messages = set(
        OutboxMessage.objects.filter(topic="order.placed").values_list(
            "payload__order", flat=True
        )
    )
    for order in Order.objects.prefetch_related("lines", "events"):
        lines = order.lines.all()
        if not lines:
            yield f"{order} has no lines"
        if sum(line.line_total for line in lines) != order.subtotal:
            yield f"{order}: lines do not add up to the subtotal"
        if sum(line.discount_amount for line in lines) != order.discount_amount:
            yield f"{order}: discounts of lines do not add up"
        placed = [each for each in order.events.all() if each.type == "placed"]
        if len(placed) != 1:
            yield f"{order} was placed {len(placed)} times"
        if str(order.public_id) not in messages:
            yield f"{order} was never announced"
        for line in lines:
            moved = StockMovement.objects.filter(
                stock_record=line.stock_record_id,
                source=f"order-event:{placed[0].public_id}" if placed else "",
            )
            if [each.allocated_delta for each in moved] != [line.quantity]:
                yield f"{order}: no promise for line {line.pk}"


def _goods_faults() -> Iterator[str]:
    """What an order shipped has left the shelf, and what came back is on it again."""
    sources = {
        f"order-event:{event.public_id}": event.order_id
        for event in OrderEvent.objects.all()
    } | {  # of orders that were imported
        f"order:{order.public_id}:shipped": order.pk for order in Order.objects.all()
    }
    moved: Counter[tuple[int, int]] = Counter()  # order and stock record -> units
    for movement in StockMovement.objects.filter(source__in=sources):
        key = sources[movement.source], movement.stock_record_id
        moved[key] += movement.in_stock_delta
    wanted: Counter[tuple[int, int]] = Counter()
    for line in OrderLine.objects.all():
        key = line.order_id, line.stock_record_id
        wanted[key] += line.returned_quantity - line.fulfilled_quantity
    for key in moved.keys() | wanted.keys():
        if moved[key] != wanted[key]:
            yield f"order {key[0]} moved {moved[key]} of {key[1]}, not {wanted[key]}"


def _credit_faults() -> Iterator[str]:
    """What was taken off an order is what its events tell, each what its units cost."""
    for order in Order.objects.prefetch_related("lines", "events__credit_note"):
        lines = order.lines.all()
        events = sorted(order.events.all(), key=attrgetter("pk"))
        crediting = [each for each in events if each.type in CREDITING]
        told = list(credits_of(order, lines, crediting))
        owed = order.total_amount
        left = sum(line.quantity for line in lines)
        for credit in told:
            left -= sum(units for _, units, _ in credit.units)
            worth = min(owed, sum((worth for *_, worth in credit.units), Decimal(0)))
            if credit.units and credit.amount != (worth if left else owed):
                yield f"{order}: {credit.amount} for units of {worth}, {owed} owed"
            owed -= credit.amount
        if order.owed_amount != owed:
            yield f"{order}: {order.credited_amount} credited is not what events tell"
        if Invoice.objects.filter(order=order).exists():
            wanted = [each.event for each in told if each.amount]
            noted = [event for event in events if hasattr(event, "credit_note")]
            if noted != wanted:
                yield f"{order}: {len(noted)} credit notes for {len(wanted)} credits"


def _money_faults() -> Iterator[str]:
    """Payments are the sums of their events, and orders repeat what they say."""
    for payment in Payment.objects.prefetch_related("events"):
        sums = {"captured": Decimal(0), "refunding": Decimal(0), "refunded": Decimal(0)}
        for event in payment.events.all():
            for name in sums:
                sums[name] += getattr(event, f"{name}_delta")
        for name, total in sums.items():
            if getattr(payment, f"{name}_amount") != total:
                yield f"{payment}: {name} is not the sum of its events"
    orders = {order.public_id: order for order in Order.objects.all()}
    pending = OutboxMessage.objects.pending().filter(topic="payment.changed")
    behind = set(pending.values_list("payload__order", flat=True))
    for order_id, state in money_of(list(orders)).items():
        if str(order_id) not in behind:
            yield from _settlement_faults(orders[order_id], state)
    strangers = Payment.objects.exclude(order__in=list(orders))
    for payment in strangers:
        yield f"{payment} is for no order"


def _asking_faults() -> Iterator[str]:
    """A payment that is still awaited asks for what is owed."""
    owed = {order.public_id: order.owed_amount for order in Order.objects.all()}
    for payment in Payment.objects.startable():
        if payment.amount != owed.get(payment.order):
            yield f"{payment} asks for {payment.amount}, {owed.get(payment.order)} owed"


def _settlement_faults(order: Order, state: MoneyState) -> Iterator[str]:
    """An order that has heard of its money has as much of it as it is owed."""
    going_back = state.refunded + state.refunding
    kept = state.captured - going_back
    if state.captured >= order.owed_amount and kept != order.owed_amount:
        yield f"{order}: {kept} kept, {order.owed_amount} owed"
    if kept > order.owed_amount or kept < 0:
        yield f"{order}: {kept} kept of {state.captured}, {order.owed_amount} owed"
    if (order.paid_amount, order.refunded_amount) != (state.captured, going_back):
        yield f"{order} does not repeat what its payments say"


def _voucher_faults() -> Iterator[str]:
    """Uses are counted as they were made, and no limit was passed."""
    standing: Counter[int] = Counter()
    orders = {order.public_id: order for order in Order.objects.all()}
    for use in VoucherRedemption.objects.all():
        stands = use.given_back_at is None
        standing[use.voucher_id] += stands
        if use.order not in orders:
            yield f"voucher {use.voucher_id} was used for no order"
        elif stands and orders[use.order].is_cancelled:
            yield f"voucher {use.voucher_id} is used by a cancelled order"
    for counter in VoucherCounter.objects.select_related("voucher"):
        if counter.num_used != standing[counter.pk]:
            yield f"{counter}, but {standing[counter.pk]} stand"
        limit = counter.voucher.max_uses
        if limit is not None and counter.num_used > limit:
            yield f"{counter}, of {limit}"


def _basket_faults() -> Iterator[str]:
    """An ordered basket became one order."""
    orders = set(Order.objects.values_list("public_id", flat=True))
    became = Basket.objects.filter(state="ordered").values_list("order", flat=True)
    for order, times in Counter(became).items():
        if order not in orders:
            yield f"a basket became {order}, which is not there"
        if times > 1:
            yield f"{times} baskets became {order}"


def _key_faults(acknowledged: Mapping[str, str]) -> Iterator[str]:
    """Every key made at most one order, and what was told is there."""
    numbers = {str(o.public_id): o.number for o in Order.objects.all()}
    by_digest = defaultdict(list)
    for row in IdempotencyKey.objects.filter(endpoint="order.place"):
        by_digest[row.key_digest].append(row.made)
        if row.made not in numbers:
            yield f"a key stands for {row.made}, which is not there"
    made = Counter(made for rows in by_digest.values() for made in rows)
    for order, times in made.items():
        if times > 1:
            yield f"{times} keys made {order}"
    for key, number in acknowledged.items():
        rows = by_digest[hashlib.sha256(key.encode()).hexdigest()]
        if [numbers.get(each) for each in rows] != [number]:
            yield f"acknowledged, but lost or another: {number}"
