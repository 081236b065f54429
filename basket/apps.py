"""Start-up of the basket app."""

from django.apps import AppConfig


class BasketConfig(AppConfig):
    """Owns baskets and quotes, and the one arithmetic of totals; not orders."""

    name = "basket"
    verbose_name = "Baskets"
