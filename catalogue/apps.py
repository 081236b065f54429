"""Start-up of the catalogue app."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Owns what is sold: categories, types, products, variants, images; not prices."""

    name = "catalogue"
    verbose_name = "Catalogue"
