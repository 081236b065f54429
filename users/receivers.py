"""Keep the table of rates in Redis in step with the rows of accounts."""

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from custom.limits.overrides import publish_overrides
from users.models import UserRate


@receiver((post_save, post_delete), sender=UserRate)
def publish_rates_of_users(*, raw: bool = False, **_signal: object) -> None:
    """An account was given a rate, or lost it."""
    if not raw:
        transaction.on_commit(publish_overrides, robust=True)
