"""Start-up of the promotions app."""

from django.apps import AppConfig


class PromotionsConfig(AppConfig):
    """Owns vouchers, what they take off and how often they were used."""

    name = "promotions"
    verbose_name = "Promotions"
