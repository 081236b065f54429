"""Start-up of the staff app, and of the admin as it wants it."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class StaffConfig(AppConfig):
    """Owns groups, what they may do, and what they looked at."""

    name = "staff"
    verbose_name = "Staff"

    def ready(self) -> None:
        """Register the check; keep groups after a migration, with all permissions."""
        import_module("staff.checks")
        receivers = import_module("staff.receivers")
        with_models = [each for each in apps.get_app_configs() if each.models_module]
        post_migrate.connect(receivers.follow_migration, sender=with_models[-1])


class ShopAdminConfig(AdminConfig):
    """Django's admin on the shop's own site."""

    default_site = "staff.sites.ShopAdminSite"

    def ready(self) -> None:
        """Find the pages of every app, but those of allauth: they show secrets."""
        super().ready()
        for label in ("account.EmailAddress", "account.EmailConfirmation"):
            if admin.site.is_registered(model := apps.get_model(label)):
                admin.site.unregister(model)
        admin.site.unregister(apps.get_model("mfa.Authenticator"))
