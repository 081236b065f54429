"""Start-up of the staff app, and of the admin as it wants it."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class StaffConfig(AppConfig):
    """Owns groups, what they may do, and what they looked at."""

    name = "staff"
    verbose_name = "Staff"


class ShopAdminConfig(AdminConfig):
    """Django's admin on the shop's own site."""

    default_site = "staff.sites.ShopAdminSite"
