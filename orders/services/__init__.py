"""Every write to orders."""

from orders.services.history import import_orders
from orders.services.placing import place_order

__all__ = ["import_orders", "place_order"]
