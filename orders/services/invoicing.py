"""Invoices and credit notes, each numbered without a gap."""

from decimal import Decimal

from django.db.models import Max

from custom.locks import lock_named
from custom.transactions import transactional
from orders.credits import CREDITING
from orders.errors import NothingToInvoiceError
from orders.models import CreditNote, Invoice, Order, OrderEvent

# Locks under which the next number is taken.
INVOICES, CREDIT_NOTES = "orders.invoice", "orders.credit_note"


@transactional
def issue_invoice(order_id: int) -> Invoice:
    """Give an order its invoice, with the number after the last one.

    What was taken back of it before has its credit notes then, too. An order that has
    an invoice keeps it. Locks the order, then the numbers until the
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
    invoice = Invoice.objects.create(order=order, number=_next(Invoice, INVOICES))
    for event in order.events.filter(type__in=CREDITING).order_by("pk"):
        note_credit(event)
    return invoice


def note_credit(event: OrderEvent) -> None:
    """Give what was taken back of an invoiced order its credit note.

    The caller has locked the order. Locks the numbers until the transaction ends, so
    locks of stock come after it.
    """
    is_invoiced = Invoice.objects.filter(order=event.order_id).exists()
    if is_invoiced and Decimal(event.detail["amount"]):
        number = _next(CreditNote, CREDIT_NOTES)
        CreditNote.objects.create(event=event, number=number)


def _next(model: type[Invoice | CreditNote], lock: str) -> int:
    """Return the number after the last one, which is nobody else's; locks."""
    lock_named(lock)
    last: int | None = model.objects.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1
