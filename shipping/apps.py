"""Start-up of the shipping app."""

from django.apps import AppConfig


class ShippingConfig(AppConfig):
    """Owns zones, shipping methods and their rates; not shipments."""

    name = "shipping"
    verbose_name = "Shipping"
