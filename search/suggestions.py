"""What is offered while somebody types."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from catalogue.category_querysets import word_patterns
from catalogue.models import Category, Product
from catalogue.windows import first_boundary
from custom.prepared import PreparedRead
from custom.rows import as_rows
from search.selectors import suggest_titles
from search.text import split_words

MOST_SUGGESTIONS = 10
MOST_CATEGORIES = 3


class ProductName(NamedTuple):
    """What is offered of a product."""

    pk: int
    slug: str
    title: str
    publish_from: datetime | None
    publish_until: datetime | None


_CATEGORIES = PreparedRead(
    lambda patterns: (
        Category.objects.public()
        .like(patterns)
        .order_by("name", "pk")
        .values_list("pk", "slug", "name")
    )
)
_PRODUCTS = PreparedRead(
    lambda products, at: as_rows(
        Product.objects.public(at).filter(pk__in=products).order_by(), ProductName
    )
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product or a category; ``type`` says which."""

    type: str
    id: int
    slug: str
    title: str


def suggest(start: str) -> tuple[list[Suggestion], datetime | None]:
    """Find public categories and products whose words begin so; 2 queries.

    Of the products, first those whose title begins so, then the shorter titles.

    Returns:
        What is offered, and the moment until which it is if nothing is changed.

    Raises:
        SearchUnavailableError: There is no index, or its engine fails.
    """
    words = split_words(start)
    if not words:
        return [], None
    categories = _CATEGORIES(slice(0, MOST_CATEGORIES), patterns=word_patterns(words))
    found = [Suggestion("category", *row) for row in categories]
    wanted = " ".join(words)
    now = timezone.now()
    products = _PRODUCTS(products=suggest_titles(start), at=now)
    ranked = sorted(
        ((" ".join(split_words(row.title)), row) for row in products),
        key=lambda pair: (
            not pair[0].startswith(wanted),
            len(pair[0]),
            pair[0],
            pair[1].pk,
        ),
    )
    found += [Suggestion("product", *row[:3]) for _, row in ranked]
    return found[:MOST_SUGGESTIONS], first_boundary(products, now)
