"""Every write to orders."""

from orders.services.cancelling import cancel_order, expire_order, expire_orders
from orders.services.changes import run_as_seen
from orders.services.claiming import claim_guest_orders
from orders.services.forgetting import books_end, forget_buyers, forget_old_buyers
from orders.services.fulfilling import (
    deliver_everything,
    deliver_shipment,
    ship_lines,
    ship_parcels,
)
from orders.services.guests import erase_guest, guest_of, request_guest_data
from orders.services.history import import_orders
from orders.services.invoicing import issue_invoice
from orders.services.money import choose_payment, follow_payments
from orders.services.notes import add_note
from orders.services.placing import place_order
from orders.services.refunding import credit_order
from orders.services.returning import return_lines
from orders.services.starting import order_once, start_chosen_payment

__all__ = [
    "add_note",
    "books_end",
    "cancel_order",
    "choose_payment",
    "claim_guest_orders",
    "credit_order",
    "deliver_everything",
    "deliver_shipment",
    "erase_guest",
    "expire_order",
    "expire_orders",
    "follow_payments",
    "forget_buyers",
    "forget_old_buyers",
    "guest_of",
    "import_orders",
    "issue_invoice",
    "order_once",
    "place_order",
    "request_guest_data",
    "return_lines",
    "run_as_seen",
    "ship_lines",
    "ship_parcels",
    "start_chosen_payment",
]
