"""Start-up of the partner app."""

from importlib import import_module

from django.apps import AppConfig


class PartnerConfig(AppConfig):
    """Owns who sells and ships: partners, stock records, levels and their ledger."""

    name = "partner"
    verbose_name = "Partners and stock"

    def ready(self) -> None:
        """Listen to what changes product lists; register checks and scopes."""
        import_module("partner.receivers")
        import_module("partner.checks")
        import_module("partner.scopes")
