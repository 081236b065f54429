"""Searches that found nothing are kept, but not whose they were."""

from django.utils import timezone

from custom.privacy import NotPersonal, Retention
from search.models import FruitlessQuery
from search.services import KEEP_QUERIES, purge_fruitless

NOT_PERSONAL = (
    NotPersonal(
        "search.FruitlessQuery",
        ("query",),
        "what was looked for, with no trace of by whom; addresses of mail and long "
        "numbers are never kept",
    ),
)
RETENTIONS = (
    Retention(
        data="Searches that found nothing",
        period=f"{KEEP_QUERIES.days} days from when they were last asked",
        due=lambda: FruitlessQuery.objects.unasked_since(timezone.now() - KEEP_QUERIES),
        apply=purge_fruitless,
        task="search.purge_fruitless_queries",
    ),
)
