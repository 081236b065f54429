"""Start-up of the address app."""

from django.apps import AppConfig


class AddressConfig(AppConfig):
    """Owns countries and the shape of an address; knows neither users nor orders."""

    name = "address"
    verbose_name = "Addresses"
