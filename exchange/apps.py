"""Start-up of the exchange app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """Owns files of rows that come in and go out."""

    name = "exchange"
    verbose_name = "Import and export"
