"""How tax classes and rates are found."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count

if TYPE_CHECKING:
    from tax.models import TaxClass, TaxRate  # noqa: F401 - in strings


class TaxClassQuerySet(models.QuerySet["TaxClass"]):
    """Goods taxed alike."""

    def for_list(self) -> Self:
        """Count the rates of each class in the same query."""
        return self.annotate(rate_count=Count("rates"))

    def lock_all(self) -> "list[TaxClass]":
        """Read every row under an exclusive lock, in key order."""
        return list(self.order_by("pk").select_for_update())


class TaxRateQuerySet(models.QuerySet["TaxRate"]):
    """Rates by place."""

    def for_countries(self, countries: Collection[str]) -> Self:
        """Keep what may apply in these countries: their own and anywhere else's."""
        return self.filter(country__in={*countries, ""})
