"""Start-up of the tax app."""

from django.apps import AppConfig


class TaxConfig(AppConfig):
    """Owns tax classes and their rates by country; not who pays them."""

    name = "tax"
    verbose_name = "Tax"
