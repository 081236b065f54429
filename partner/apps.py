"""Start-up of the partner app."""

from django.apps import AppConfig


class PartnerConfig(AppConfig):
    """Owns who sells and ships: partners, stock records, levels and their ledger."""

    name = "partner"
    verbose_name = "Partners and stock"
