"""Which days are to be counted again because something happened."""

from collections.abc import Collection
from uuid import UUID

from custom.transactions import transactional
from orders.credits import CREDITING
from orders.models import Order, OrderEvent
from payments.models import PaymentEvent
from stats.days import day_of
from stats.models import StaleDay


@transactional
def mark_orders(public_ids: Collection[UUID]) -> None:
    """Have the days of orders counted again: of their placing, and of taking back."""
    orders = Order.objects.filter(public_id__in=public_ids)
    events = OrderEvent.objects.filter(
        order__public_id__in=public_ids, type__in=CREDITING
    )
    moments = orders.order_by().values_list("placed_at", flat=True)
    taken_back = events.order_by().values_list("at", flat=True)
    StaleDay.objects.mark(map(day_of, (*moments, *taken_back)))


@transactional
def mark_refunds(order: UUID) -> None:
    """Have the days counted again on which money of an order was paid back."""
    moved = PaymentEvent.objects.filter(payment__order=order).exclude(refunded_delta=0)
    moments = moved.order_by().values_list("at", flat=True)
    StaleDay.objects.mark(map(day_of, moments))
