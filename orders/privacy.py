"""What orders, and the payments that hang on them, tell of a person."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Q

from custom.privacy import Holding, NotPersonal, Person, Retention
from custom.privacy.batches import each_batch
from orders.models import (
    CreditNote,
    Invoice,
    Order,
    OrderEvent,
    OrderLine,
    Shipment,
)
from orders.querysets import OrderQuerySet
from orders.services import books_end, forget_buyers, forget_old_buyers
from orders.services.forgetting import old_orders
from payments.models import Payment, Refund
from users.emails import is_same_mailbox

BOOKS = "The books of what was sold, which the law wants kept"


def _orders_of(person: Person) -> OrderQuerySet:
    """Return the account's orders, and guests' with its address if that is proved."""
    return Order.objects.filter(Q(user=person.pk) | Q(pk__in=_guest_orders(person)))


def _guest_orders(person: Person) -> list[int]:
    if not person.has_proved_email:
        return []
    placed = Order.objects.placed_as_guest(person.email).order_by("pk")
    if person.before is not None:
        placed = placed.filter(placed_at__lte=person.before)
    return [
        pk
        for pk, email in placed.values_list("pk", "guest_email")
        if is_same_mailbox(email, person.email)
    ]


def _of_orders(model: type[Any], path: str = "order") -> Any:  # noqa: ANN401 - a closure
    """Return what finds the rows of a model that hang on a person's orders."""
    return lambda person: model.objects.filter(
        **{f"{path}__in": _orders_of(person).values("pk")}
    )


def _of_payments(model: type[Any], path: str) -> Any:  # noqa: ANN401 - a closure
    """Likewise for what names an order by its public id."""
    return lambda person: model.objects.filter(
        **{f"{path}__in": _orders_of(person).values("public_id")}
    )


def _erase(person: Person) -> None:
    each_batch(_orders_of(person), lambda pks: forget_buyers(pks, keep_books=True))


def _last_books(person: Person) -> date | None:
    newest = _orders_of(person).order_by("-placed_at").first()
    return None if newest is None else books_end(newest.placed_at).date()


def open_orders(person: Person) -> Iterator[str]:
    """Yield what is under way: orders, and money on its way back."""
    for number in _orders_of(person).under_way().values_list("number", flat=True):
        yield f"Order {number} is under way."
    pending = Refund.objects.filter(status=Refund.Status.PENDING)
    waiting = _orders_of(person).filter(public_id__in=pending.values("payment__order"))
    for number in waiting.values_list("number", flat=True):
        yield f"Money is being paid back for order {number}."


WAITS = (open_orders,)
HOLDINGS = (
    Holding(
        model="orders.OrderEvent",
        name="order_events",
        tells="What happened to your orders.",
        personal=("order", "actor", "detail"),
        rows=_of_orders(OrderEvent),  # what staff do to others' is about those
        shown=("order__number", "at", "type", "role", "detail"),
        erasure="What was typed (reasons, notes) is taken out.",
        kept=f"{BOOKS}: what happened to an order, and when.",
        until=_last_books,
        of_guests=True,
    ),
    Holding(
        model="orders.OrderLine",
        name="order_lines",
        tells="What you bought.",
        personal=("order",),
        rows=_of_orders(OrderLine),
        shown=(
            "order__number",
            "sku",
            "title",
            "partner_name",
            "quantity",
            "unit_price",
            "line_total",
            "discount_amount",
            "tax_amount",
        ),
        erasure="Nothing: lines name goods and amounts.",
        kept=f"{BOOKS}: goods, amounts and taxes.",
        until=_last_books,
        of_guests=True,
    ),
    Holding(
        model="orders.Shipment",
        name="shipments",
        tells="Parcels that were sent to you.",
        personal=("order", "tracking_number"),
        rows=_of_orders(Shipment),
        shown=(
            "order__number",
            "carrier",
            "tracking_number",
            "shipped_at",
            "delivered_at",
        ),
        erasure="The carrier's number is emptied.",
        kept=f"{BOOKS}: that goods were sent, and when.",
        until=_last_books,
        of_guests=True,
    ),
    Holding(
        model="orders.Invoice",
        name="invoices",
        tells="Your invoices.",
        personal=("order",),
        rows=_of_orders(Invoice),
        shown=("number", "order__number", "issued_at"),
        erasure="Nothing: an invoice is a number and its order.",
        kept=f"{BOOKS}: invoices are numbered without a gap.",
        until=_last_books,
        of_guests=True,
    ),
    Holding(
        model="orders.CreditNote",
        name="credit_notes",
        tells="Your credit notes.",
        personal=("event",),
        rows=_of_orders(CreditNote, "event__order"),
        shown=("number", "event__order__number", "issued_at"),
        erasure="Nothing: a credit note is a number and what it is about.",
        kept=f"{BOOKS}: credit notes are numbered without a gap.",
        until=_last_books,
        of_guests=True,
    ),
    Holding(
        model="payments.Payment",
        name="payments",
        tells="Payments of your orders. What their provider holds, ask the provider.",
        personal=("order",),
        rows=_of_payments(Payment, "order"),
        shown=(
            "order",
            "provider",
            "status",
            "amount",
            "currency",
            "captured_amount",
            "refunded_amount",
            "created_at",
        ),
        erasure="Nothing: a payment is an amount and the provider's number of it.",
        kept=f"{BOOKS}: the money that was received and paid back.",
        until=_last_books,
        of_guests=True,
    ),
    Holding(
        model="payments.Refund",
        name="refunds",
        tells="Money that was paid back to you.",
        personal=("payment", "reason"),
        rows=_of_payments(Refund, "payment__order"),
        shown=(
            "payment__order",
            "amount",
            "currency",
            "status",
            "reason",
            "created_at",
            "settled_at",
        ),
        erasure="The reason is emptied.",
        kept=f"{BOOKS}: the money that was paid back.",
        until=_last_books,
        of_guests=True,
    ),
    Holding(
        model="orders.Order",
        name="orders",
        tells="Your orders.",
        personal=(
            "user",
            "guest_email",
            "shipping_address",
            "billing_address",
            "note",
        ),
        rows=_orders_of,
        shown=(
            "public_id",
            "number",
            "placed_at",
            "status",
            "payment_status",
            "fulfilment_status",
            "currency",
            "subtotal",
            "discount_amount",
            "shipping_amount",
            "included_tax",
            "additional_tax",
            "total_amount",
            "credited_amount",
            "paid_amount",
            "refunded_amount",
            "vouchers",
            "guest_email",
            "shipping_address",
            "billing_address",
            "shipping_method",
            "note",
            "language",
            "cancelled_at",
            "delivered_at",
        ),
        erasure="Note, address of mail and shipping address are taken out; so is the "
        "billing address, unless there is an invoice.",
        erase=_erase,
        kept=f"{BOOKS}: amounts, dates, the country, and the billing address of an "
        "invoice.",
        until=_last_books,
        of_guests=True,
    ),
)
NOT_PERSONAL = (
    NotPersonal("orders.Order", ("vouchers", "taxes"), "codes, rates and amounts"),
    NotPersonal("orders.ShipmentLine", ("shipment",), "units of a line"),
)
RETENTIONS = (
    Retention(
        data="Buyers' addresses and notes in orders, and addresses on invoices",
        period="`RETENTION_BOOKS_YEARS` from the end of the order's year; amounts and "
        "lines for as long as the shop",
        due=old_orders,
        apply=forget_old_buyers,
    ),
)
