"""Start-up of the catalogue app."""

from importlib import import_module

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Owns what is sold: categories, types, products, variants, images; not prices."""

    name = "catalogue"
    verbose_name = "Catalogue"

    def ready(self) -> None:
        """Listen to what needs a row in the lists' summary; name what keys may do."""
        import_module("catalogue.receivers")
        import_module("catalogue.scopes")
