"""Start-up of the orders app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Owns orders, their lines and their events; not stock, not prices."""

    name = "orders"
    verbose_name = "Orders"
