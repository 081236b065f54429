"""What is offered while somebody types."""

from dataclasses import dataclass
from typing import NamedTuple

from django.utils import timezone

from catalogue.category_querysets import word_patterns
from catalogue.models import Category, Product
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


def suggest(start: str) -> list[Suggestion]:
    """Return public categories and products whose words begin so; 2 queries.

    Of the products, first those whose title begins so, then the shorter titles.

    Raises:
        SearchUnavailableError: There is no index, or its engine fails.
    """
    words = split_words(start)
    if not words:
        return []
    categories = _CATEGORIES(slice(0, MOST_CATEGORIES), patterns=word_patterns(words))
    found = [Suggestion("category", *row) for row in categories]
    wanted = " ".join(words)
    products = _PRODUCTS(products=suggest_titles(start), at=timezone.now())
    ranked = sorted(
        ((" ".join(split_words(row.title)), row) for row in products),
        key=lambda pair: (
            not pair[0].startswith(wanted),
            len(pair[0]),
            pair[0],
            pair[1].pk,
        ),
    )
    found += [Suggestion("product", *row) for _, row in ranked]
    return found[:MOST_SUGGESTIONS]
