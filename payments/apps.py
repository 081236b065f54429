"""Start-up of the payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Owns providers and the ledger of money; knows orders by public id alone."""

    name = "payments"
    verbose_name = "Payments"
