"""What is offered while somebody types."""

from dataclasses import dataclass

from catalogue.models import Category, Product
from search.selectors import suggest_titles
from search.text import split_words

MOST_SUGGESTIONS = 10
MOST_CATEGORIES = 3


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
    categories = Category.objects.public().with_words_like(words).order_by("name", "pk")
    found = [
        Suggestion("category", row.pk, row.slug, row.name)
        for row in categories[:MOST_CATEGORIES]
    ]
    wanted = " ".join(words)
    products = Product.objects.public().filter(pk__in=suggest_titles(start))
    ranked = sorted(
        (
            (" ".join(split_words(row.title)), row)
            for row in products.only("title", "slug")
        ),
        key=lambda pair: (
            not pair[0].startswith(wanted),
            len(pair[0]),
            pair[0],
            pair[1].pk,
        ),
    )
    found += [Suggestion("product", row.pk, row.slug, row.title) for _, row in ranked]
    return found[:MOST_SUGGESTIONS]
