"""What the ledgers say of one day; the only place that says what a figure means.

Sales belong to the day an order was placed, whatever became of it; what was taken back
(cancelled, expired, returned, credited) to the day that happened; money that was paid
back to the day its ledger says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    When,
)

from basket.models import Basket, BasketLine
from custom.fields import MoneyField
from orders.credits import CREDITING, Credit, credits_of
from orders.models import Order, OrderEvent, OrderLine
from payments.models import PaymentEvent
from stats.days import bounds

B = TypeVar("B", OrderLine, OrderEvent)  # of an order
PAID_BACK = (PaymentEvent.Type.REFUNDED, PaymentEvent.Type.REFUND_FAILED)


class Row(dict[str, Any]):
    """Measure -> number; what was not counted is zero."""

    def __missing__(self, measure: str) -> int:
        """Return what nothing adds up to."""
        return 0

    def add(self, **measures: int | Decimal) -> None:
        """Add to some measures."""
        self.add_all(measures)

    def add_all(self, measures: Mapping[str, int | Decimal]) -> None:
        """Add what a row, or a dictionary, holds."""
        for name, number in measures.items():
            self[name] += number


Key = tuple[str | int, ...]  # currency, and a partner or stock record
Rows = defaultdict[Key, Row]


def _rows() -> Rows:
    return defaultdict(Row)


@dataclass(slots=True)
class DayFigures:
    """Rows of one day, by what tells them apart.

    Attributes:
        sales: (currency,) -> measures of ``SalesDay``.
        partners: (currency, partner) -> measures of ``PartnerDay``.
        offers: (currency, stock record) -> measures of ``OfferDay``.
    """

    sales: Rows = field(default_factory=_rows)
    partners: Rows = field(default_factory=_rows)
    offers: Rows = field(default_factory=_rows)

    def add_offer(self, offer: "Offer", **measures: int | Decimal) -> None:
        """Add units and money to a stock record alone."""
        row = self.offers[offer.currency, offer.stock_record_id]
        row["product_id"], row["partner_id"] = offer.product_id, offer.partner_id
        row.add(**measures)

    def add_goods(self, currency: str, partner: int, **measures: int | Decimal) -> None:
        """Add units and money to a partner, and to the shop."""
        self.partners[currency, partner].add(**measures)
        self.sales[currency,].add(**measures)


class Offer(NamedTuple):
    """What a line was of."""

    currency: str
    stock_record_id: int
    product_id: int
    partner_id: int


def count_day(day: date) -> DayFigures:
    """Count one day anew; 5 queries, 8 if something was taken back."""
    figures = count_but_ordered_offers(day)
    for currency, record, product, partner, units, goods in ordered_offers(day):
        offer = Offer(currency, record, product, partner)
        figures.add_offer(offer, units=units, goods=goods)
    return figures


def count_but_ordered_offers(day: date) -> DayFigures:
    """Count one day but what ``ordered_offers`` says; 4 queries, or 7."""
    figures = DayFigures()
    _add_orders(figures, day)
    _add_taken_back(figures, day)
    _add_refunds(figures, day)
    return figures


def ordered_offers(day: date) -> QuerySet[OrderLine, Any]:
    """Return what was ordered of each stock record on a day; 1 query.

    Rows of currency, stock record, product, partner, units, goods.
    """
    by_offer = _lines_of(day).values_list("order__currency", "stock_record_id")
    return by_offer.annotate(
        Max("product_id"), Max("partner_id"), Sum("quantity"), goods=Sum(_charge())
    )


def count_baskets(day: date) -> dict[str, int]:
    """Count baskets opened on a day and what became of them, ``opened, ordered``.

    A basket counts once it became an order or while something is in it. One that was
    merged into another at sign-in is counted there. 1 query.
    """
    start, end = bounds(day)
    is_ordered = Q(state=Basket.State.ORDERED)
    is_filled = Exists(BasketLine.objects.filter(basket=OuterRef("pk")))
    opened = Basket.objects.filter(created_at__gte=start, created_at__lt=end).exclude(
        state=Basket.State.MERGED
    )
    return opened.filter(is_ordered | Q(is_filled)).aggregate(
        opened=Count("pk"), ordered=Count("pk", filter=is_ordered)
    )


def _add_orders(figures: DayFigures, day: date) -> None:
    """Add what was ordered; 2 queries along the index of ``placed_at``."""
    start, end = bounds(day)
    placed = Order.objects.filter(placed_at__gte=start, placed_at__lt=end)
    totals = placed.order_by().values_list("currency")
    for currency, number, total in totals.annotate(Count("pk"), Sum("total_amount")):
        row = figures.sales[currency,]
        row["orders"], row["shipping"] = number, total
    by_partner = _lines_of(day).values_list("order__currency", "partner_id")
    for currency, partner, number, units, goods in by_partner.annotate(
        Count("order", distinct=True), Sum("quantity"), goods=Sum(_charge())
    ):
        figures.partners[currency, partner]["orders"] = number
        figures.add_goods(currency, partner, units=units, goods=goods)
        figures.sales[currency,]["shipping"] -= goods  # what is left of the totals


def _lines_of(day: date) -> QuerySet[OrderLine]:
    """Return the lines of the orders placed on a day."""
    start, end = bounds(day)
    placed = OrderLine.objects.filter(
        order__placed_at__gte=start, order__placed_at__lt=end
    )
    return placed.order_by()


def _charge() -> Case:
    """Return SQL of what ``orders.credits.line_charge`` says."""
    discounted = F("line_total") - F("discount_amount")
    return Case(
        When(order__additional_tax__gt=0, then=discounted + F("tax_amount")),
        default=discounted,
        output_field=MoneyField(),
    )


def _add_taken_back(figures: DayFigures, day: date) -> None:
    """Add what orders of any day gave back on this one; 1 query, or 4."""
    start, end = bounds(day)
    events = OrderEvent.objects.filter(type__in=CREDITING)
    of_day = set(
        events.filter(at__gte=start, at__lt=end).values_list("order_id", flat=True)
    )
    if not of_day:
        return
    orders = Order.objects.only("currency", "additional_tax").in_bulk(of_day)
    lines = _by_order(OrderLine.objects.filter(order__in=of_day))
    told = _by_order(events.filter(order__in=of_day).order_by("pk"))
    for pk, order in orders.items():
        for credit in credits_of(order, lines[pk], told[pk]):
            if start <= credit.event.at < end:
                _add_credit(figures, order.currency, credit)


def _by_order(rows: Iterable[B]) -> defaultdict[int, list[B]]:
    """Group lines or events by their order."""
    found: defaultdict[int, list[B]] = defaultdict(list)
    for row in rows:
        found[row.order_id].append(row)
    return found


def _add_credit(figures: DayFigures, currency: str, credit: Credit) -> None:
    """Add what one event took back: units, and what went back beside them."""
    for line, units, goods in credit.units:
        back: dict[str, int | Decimal] = {"units_back": units, "goods_back": goods}
        offer = Offer(currency, line.stock_record_id, line.product_id, line.partner_id)
        figures.add_offer(offer, **back)
        figures.add_goods(currency, line.partner_id, **back)
    figures.sales[currency,]["shipping_back"] += credit.rest


def _add_refunds(figures: DayFigures, day: date) -> None:
    """Add money that was paid back, less what came back to the shop; 1 query."""
    start, end = bounds(day)
    moved = PaymentEvent.objects.filter(
        type__in=PAID_BACK, at__gte=start, at__lt=end
    ).exclude(refunded_delta=0)
    by_currency = moved.order_by().values_list("payment__currency")
    for currency, amount, paid, failed in by_currency.annotate(
        Sum("refunded_delta"),
        paid=Count("pk", filter=Q(refunded_delta__gt=0)),
        failed=Count("pk", filter=Q(refunded_delta__lt=0)),
    ):
        row = figures.sales[currency,]
        row["refunded"], row["refunds"] = amount, paid - failed
