"""How reviews are put back: staff decide who reads them, and write no word."""

from collections.abc import Mapping
from typing import Any

from custom.history.rules import ModelRules
from reviews.models import Review
from reviews.services import decide_reviews, refresh_ratings


class ReviewRules(ModelRules[Review]):
    """The ratings of products follow."""

    def revertible(self) -> frozenset[str]:
        """Return what staff decide."""
        return frozenset({"state"})

    def put_back(self, row: Review, values: Mapping[str, Any]) -> None:
        """Let the service decide again."""
        decide_reviews([row.pk], state=Review.State(values["state"]))

    def bring_back(self, row: Review, links: Mapping[str, Any]) -> None:
        """Count the review again."""
        super().bring_back(row, links)
        refresh_ratings([row.product_id])
