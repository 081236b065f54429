"""Orders, their lines, their shipments, what happened to them, and their papers."""

from orders.models.events import OrderEvent
from orders.models.orders import Order, OrderLine
from orders.models.papers import CreditNote, Invoice
from orders.models.shipments import Shipment, ShipmentLine

__all__ = [
    "CreditNote",
    "Invoice",
    "Order",
    "OrderEvent",
    "OrderLine",
    "Shipment",
    "ShipmentLine",
]
