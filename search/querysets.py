"""How synonyms and fruitless queries are found."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from search.models import FruitlessQuery, Synonym  # noqa: F401 - in strings


class SynonymQuerySet(models.QuerySet["Synonym"]):
    """Words that mean the same."""

    def active(self) -> Self:
        """Keep what searches use."""
        return self.filter(is_active=True).order_by("pk")


class FruitlessQueryQuerySet(models.QuerySet["FruitlessQuery"]):
    """Queries that found nothing."""

    def unasked_since(self, moment: datetime) -> Self:
        """Keep what nobody has asked for since a moment."""
        return self.filter(last_at__lt=moment)

    def rarest(self) -> Self:
        """Sort the least telling first: asked seldom, and long ago."""
        return self.order_by("count", "last_at", "pk")
