"""How reviews are found."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from reviews.models import Review


class ReviewQuerySet(models.QuerySet["Review"]):
    """Reviews of products."""

    def published(self) -> Self:
        """Keep reviews that anyone may read."""
        return self.filter(state=self.model.State.PUBLISHED)

    def of_product(self, product_id: int) -> Self:
        """Keep the reviews of a product."""
        return self.filter(product=product_id)

    def newest_first(self) -> Self:
        """Sort the latest first, off an index."""
        return self.order_by("-created_at", "-id")

    def for_list(self) -> Self:
        """Load what a row shows, its author's name with it; 1 query."""
        return self.select_related("author")

    def lock(self, pks: Iterable[int]) -> "list[Review]":
        """Read the rows of the keys under exclusive locks, in key order."""
        found = self.filter(pk__in=list(pks)).order_by("pk")
        return list(found.select_for_update())
