"""Start-up of the staff app, and of the admin as it wants it."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_dependencies
from django.core.checks import Tags, register
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


class ShopAdminConfig(SimpleAdminConfig):
    """Django's admin on the shop's own site.

    Its pages are found with the addresses, by ``staff.sites.find_pages``, so that a
    process that serves none imports none.
    """

    default_site = "staff.sites.ShopAdminSite"

    def ready(self) -> None:
        """Register the checks; that of the pages finds them first."""
        register(check_dependencies, Tags.admin)
        register(import_module("staff.checks").check_pages, Tags.admin)
