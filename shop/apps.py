"""Start-up of the project."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib import admin


class ShopConfig(AppConfig):
    """The project itself: settings, addresses, start-up, the demo shop; no models."""

    name = "shop"
    verbose_name = "Shop"

    def ready(self) -> None:
        """Give the admin the shop's name, and a site to view."""
        admin.site.site_header = admin.site.site_title = settings.SHOP_NAME
        admin.site.site_url = "/api/docs/"
