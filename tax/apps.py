"""Start-up of the tax app."""

from importlib import import_module

from django.apps import AppConfig


class TaxConfig(AppConfig):
    """Owns tax classes and their rates by country; not who pays them."""

    name = "tax"
    verbose_name = "Tax"

    def ready(self) -> None:
        """Register the checks of its settings."""
        import_module("tax.checks")
