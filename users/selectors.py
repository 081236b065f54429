"""Reads of accounts that no single queryset answers."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from custom.limits.overrides import Override
from custom.privacy import Person
from users.models import Erasure, User, UserRate
from users.querysets import UserQuerySet


def user_rates() -> Iterator[Override]:
    """Yield the rates that single accounts have; 1 query."""
    for row in UserRate.objects.order_by("pk"):
        yield row.user_id, row.scope, row.rate


def person_of(user: User) -> Person:
    """Return an account as the owner of personal data."""
    return Person(
        pk=user.pk,
        public_id=user.public_id,
        email=user.email,
        has_proved_email=user.is_email_verified,
    )


def person_of_erasure(erasure: Erasure) -> Person:
    """Return whose erasure it is: an account's owner, or a guest."""
    if erasure.user is not None:
        return person_of(erasure.user)
    return Person.guest(
        erasure.mail_to, public_id=erasure.public_id, before=erasure.asked_at
    )


def unused_accounts() -> UserQuerySet:
    """Return the accounts that nobody has used for ``RETENTION_ACCOUNT_YEARS``."""
    years = settings.RETENTION_ACCOUNT_YEARS
    if not years:
        return User.objects.none()
    return User.objects.unused_since(timezone.now() - timedelta(days=365 * years))
