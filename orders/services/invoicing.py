"""Invoices: one an order, numbered without a gap."""

from django.db.models import Max

from custom.locks import lock_named
from custom.transactions import transactional
from orders.errors import NothingToInvoiceError
from orders.models import Invoice, Order

NUMBERS = "orders.invoice"  # the lock under which the next number is taken


@transactional
def issue_invoice(order_id: int) -> Invoice:
    """Give an order its invoice, with the number after the last one.

    An order that has one keeps it. Locks the order, then the numbers until the
    transaction ends: a number that was not kept is taken by the next.

    Raises:
        NothingToInvoiceError: All of the order was given up; nothing is changed.
    """
    order = Order.objects.lock(order_id)
    if (issued := Invoice.objects.filter(order=order).first()) is not None:
        return issued
    if order.is_cancelled:
        msg = "Nothing of this order is left to be invoiced."
        raise NothingToInvoiceError(msg)
    lock_named(NUMBERS)
    last: int | None = Invoice.objects.aggregate(last=Max("number"))["last"]
    return Invoice.objects.create(order=order, number=(last or 0) + 1)
