"""Start-up of the stats app."""

from importlib import import_module

from django.apps import AppConfig


class StatsConfig(AppConfig):
    """Owns the staff dashboard and its summary tables."""

    name = "stats"
    verbose_name = "Stats"

    def ready(self) -> None:
        """Register the system checks."""
        import_module("stats.checks")
