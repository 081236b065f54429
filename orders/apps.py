"""Start-up of the orders app."""

from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Owns orders, their lines and their events; not stock, not prices."""

    name = "orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        """Name what keys may do."""
        import_module("orders.scopes")
