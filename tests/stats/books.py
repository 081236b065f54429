"""The summaries as a test compares them, and how it brings them up to date."""

from typing import Any

from django.forms.models import model_to_dict

from stats.models import BasketDay, OfferDay, OfferMonth, PartnerDay, SalesDay
from stats.services import refresh
from tests.orders.stories import run_outbox

TABLES = (SalesDay, PartnerDay, OfferDay, OfferMonth, BasketDay)


def settle() -> int:
    """Let the outbox tell what has happened, and count what it told of."""
    run_outbox()
    return refresh()


def books() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every summary, without its own key."""
    return {
        model.__name__: [
            model_to_dict(row) | {"id": None} for row in model.objects.all()
        ]
        for model in TABLES
    }
