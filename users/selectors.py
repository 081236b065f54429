"""Reads of accounts that no single queryset answers."""

from collections.abc import Iterator

from custom.privacy import Person
from custom.throttling.overrides import Override
from users.models import User, UserRate


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
