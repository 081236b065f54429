"""Start-up of the payments app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Owns providers and the ledger of money; knows orders by public id alone."""

    name = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        """Register the system checks."""
        from payments import checks  # noqa: F401, PLC0415 - Django wants it here
