"""Start-up of the accounts app."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Owns accounts, their devices and tokens; knows nothing of what they buy."""

    name = "users"
    verbose_name = "Accounts"
