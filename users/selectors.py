"""Reads of accounts that no single queryset answers."""

from collections.abc import Iterator

from custom.throttling.overrides import Override
from users.models import UserRate


def user_rates() -> Iterator[Override]:
    """Yield the rates that single accounts have; 1 query."""
    for row in UserRate.objects.order_by("pk"):
        yield row.user_id, row.scope, row.rate
