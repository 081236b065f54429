"""Start-up of the accounts app."""

from importlib import import_module

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Owns accounts, their devices and API keys; knows nothing of what they buy."""

    name = "users"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Listen to what changes the rates of accounts; register the checks."""
        import_module("users.checks")
        import_module("users.receivers")
