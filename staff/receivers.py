"""What follows a migration."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from staff.services import keep_groups


def follow_migration(*, using: str, **_signal: Any) -> None:  # noqa: ANN401
    """Give the shop's groups what they lack."""
    if using == DEFAULT_DB_ALIAS:
        keep_groups()
