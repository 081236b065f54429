"""Start-up of the staff app."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Owns groups, what they may do, and what they looked at."""

    name = "staff"
    verbose_name = "Staff"
