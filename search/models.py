"""What staff tell the search, and what it tells them."""

from typing import ClassVar

import reversion
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from custom.fields import CodeField
from search.querysets import FruitlessQueryQuerySet, SynonymQuerySet
from search.text import split_words

QUERY_LENGTH = 100  # of a query that is counted
FEWEST_WORDINGS = 2  # that can mean the same


def check_wordings(words: str) -> None:
    """Refuse a list that says nothing: fewer than two different wordings."""
    if len(set(split_wordings(words))) < FEWEST_WORDINGS:
        msg = "Give at least two different wordings, with commas between them."
        raise ValidationError(msg, code="too-few")


def split_wordings(words: str) -> list[tuple[str, ...]]:
    """Return each wording's folded words, in the order given."""
    wordings = [tuple(split_words(part)) for part in words.split(",")]
    return [wording for wording in wordings if wording]


@reversion.register()
class Synonym(models.Model):
    """Wordings that find the same products; they count from the next search on."""

    words = models.CharField(
        max_length=500,
        validators=[check_wordings],
        help_text="Wordings with commas between them: sci-fi, science fiction.",
    )
    is_active = models.BooleanField("active", default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = SynonymQuerySet.as_manager()

    class Meta:
        ordering = ("words", "id")

    def __str__(self) -> str:
        return self.words


class FruitlessQuery(models.Model):
    """How often a query found nothing; who asked is not kept (decision 0024)."""

    query = CodeField(
        max_length=QUERY_LENGTH,
        primary_key=True,
        help_text="Folded: without case, accents and punctuation.",
    )
    count = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    objects = FruitlessQueryQuerySet.as_manager()

    class Meta:
        verbose_name = "query without results"
        verbose_name_plural = "queries without results"
        indexes: ClassVar = [
            models.Index(fields=("count", "last_at"), name="fruitlessquery_rank"),
            models.Index(fields=("last_at",), name="fruitlessquery_age"),
        ]

    def __str__(self) -> str:
        return self.query
