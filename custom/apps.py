"""Start-up of the kernel."""

from importlib import import_module

from django.apps import AppConfig


class CustomConfig(AppConfig):
    """Owns what every app stands on: transactions, errors, formats, outbox, checks."""

    name = "custom"
    verbose_name = "Operations"

    def ready(self) -> None:
        """Register the system checks, and listen to what is recorded."""
        import_module("custom.checks")
        import_module("custom.limits.checks")
        import_module("custom.caching.checks")
        import_module("custom.history.receivers")
