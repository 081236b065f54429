"""Orders in the admin: read widely; buttons call the services that change them."""

from orders.admin.ledgers import OrderEventAdmin, OrderLineAdmin
from orders.admin.pages import OrderAdmin

__all__ = ["OrderAdmin", "OrderEventAdmin", "OrderLineAdmin"]
