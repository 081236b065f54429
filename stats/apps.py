"""Start-up of the stats app."""

from django.apps import AppConfig


class StatsConfig(AppConfig):
    """Owns the staff dashboard and its summary tables."""

    name = "stats"
    verbose_name = "Stats"
