"""Orders that no longer say who bought; what the law wants in the books stays.

Amounts, lines, dates and where the goods went (country and region, which decide the
tax) are never touched. The buyer's address on an invoice is kept for as long as the
books are, everything else about the buyer goes at once.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from address.models import PARTS
from custom.purging import purge_in_batches
from custom.transactions import transactional
from orders.models import Invoice, Order, OrderEvent, Shipment
from payments.services import forget_reasons

BATCH = 500  # orders in one transaction
TAXED_BY = frozenset({"country", "region"})
WRITTEN = frozenset({"reason", "text"})  # what people typed, in the detail of events


def books_end(placed: datetime) -> datetime:
    """Return when the books of a moment's year need not be kept any more."""
    return datetime(placed.year + 1 + settings.RETENTION_BOOKS_YEARS, 1, 1, tzinfo=UTC)


def old_orders() -> QuerySet[Order]:
    """Return the orders whose books need not be kept and that say who bought."""
    first_kept = timezone.now().year - settings.RETENTION_BOOKS_YEARS
    telling = Order.objects.telling_before(datetime(first_kept, 1, 1, tzinfo=UTC))
    return telling.order_by("placed_at")


def forget_old_buyers() -> int:
    """Take the buyers out of orders whose books need not be kept; count the orders."""
    forget = partial(forget_buyers, keep_books=False)
    return purge_in_batches(old_orders(), batch=BATCH, delete=forget)


@transactional
def forget_buyers(order_ids: Collection[int], *, keep_books: bool) -> int:
    """Take the buyers out of orders; doing it again changes nothing. Locks them by key.

    A fixed number of statements for any number of orders. With ``keep_books`` the
    address that an invoice bills stays until its books end.

    Returns:
        Number of orders.
    """
    chosen = Order.objects.filter(pk__in=order_ids, erased_at__isnull=True)
    orders = list(chosen.select_for_update().order_by("pk"))
    pks = [order.pk for order in orders]
    invoiced = Invoice.objects.filter(order__in=pks).values_list("order", flat=True)
    billed = set(invoiced) if keep_books else set()
    for order in orders:
        order.guest_email = order.note = ""
        order.shipping_address = _where(order.shipping_address)
        if order.pk not in billed:
            order.billing_address = _where(order.billing_address)
            order.erased_at = timezone.now()
    columns = ["guest_email", "note", "shipping_address", "billing_address"]
    Order.objects.bulk_update(orders, [*columns, "erased_at"])
    events = list(OrderEvent.objects.filter(order__in=pks))
    for event in events:
        event.detail = {
            name: told for name, told in event.detail.items() if name not in WRITTEN
        }
    OrderEvent.objects.bulk_update(events, ["detail"])
    Shipment.objects.filter(order__in=pks).update(tracking_number="")
    forget_reasons([order.public_id for order in orders])
    return len(orders)


def _where(address: Mapping[str, str]) -> dict[str, str]:
    """Return an address that says which taxes apply, and no more."""
    return {name: address.get(name, "") if name in TAXED_BY else "" for name in PARTS}
