"""Start-up of the basket app."""

from importlib import import_module

from django.apps import AppConfig


class BasketConfig(AppConfig):
    """Owns baskets and quotes, and the one arithmetic of totals; not orders."""

    name = "basket"
    verbose_name = "Baskets"

    def ready(self) -> None:
        """Register the checks of its settings."""
        import_module("basket.checks")
