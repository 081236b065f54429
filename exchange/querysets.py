"""Queries of imports."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from exchange.models import Import, ImportRow  # noqa: F401 - types alone


class ImportQuerySet(models.QuerySet["Import"]):
    """Imports."""

    def by_id(self, public_id: object) -> Self:
        """Keep the one of this public id."""
        return self.filter(public_id=public_id)

    def applying(self, batch: object) -> Self:
        """Keep the one being applied that a step of the history belongs to."""
        return self.filter(batch=batch, state="applying")

    def begun_before(self, moment: datetime) -> Self:
        """Keep those uploaded before a moment, the oldest first."""
        return self.filter(created_at__lt=moment).order_by("created_at")


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    """Rows of imports."""

    def errors(self) -> Self:
        """Keep rows that were refused."""
        return self.filter(outcome="error")

    def written(self, keys: Iterable[str]) -> dict[str, str]:
        """Return key -> outcome of the rows with these keys, errors left out."""
        found = self.filter(key__in=list(keys)).exclude(outcome="error")
        return dict(found.order_by().values_list("key", "outcome"))
