"""Start-up of the mail app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Owns the mails the shop sends; decides nothing and stores nothing."""

    name = "notifications"
    verbose_name = "Notifications"
