"""How looks at personal data are found."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from staff.models import AccessEntry  # noqa: F401 - in a string


class AccessEntryQuerySet(models.QuerySet["AccessEntry"]):
    """Looks at personal data."""

    def before(self, moment: datetime) -> Self:
        """Keep looks of before a moment, the oldest first."""
        return self.filter(at__lt=moment).order_by("at")
