"""Start-up of the kernel."""

from django.apps import AppConfig


class CustomConfig(AppConfig):
    """Owns what every app stands on: transactions, errors, formats, outbox, checks."""

    name = "custom"
    verbose_name = "Kernel"

    def ready(self) -> None:
        """Register the system checks."""
        from custom import checks  # noqa: F401, PLC0415 - Django wants it here
