"""Start-up of the project."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The project itself: settings, addresses, start-up, the demo shop; no models."""

    name = "shop"
    verbose_name = "Shop"
