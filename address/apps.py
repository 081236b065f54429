"""Start-up of the address app."""

from django.apps import AppConfig


class AddressConfig(AppConfig):
    """Owns countries, the shape of an address and address books; knows no orders."""

    name = "address"
    verbose_name = "Addresses"
