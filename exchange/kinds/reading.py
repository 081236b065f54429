"""Stored rows, some at a time, by ascending key."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from catalogue.errors import InvalidSlugError
from catalogue.models import Category, Product
from catalogue.slugs import check_slug_shape
from exchange.kinds.base import RowError

CHUNK = 500


def in_chunks(rows: QuerySet[Any]) -> Iterator[Any]:
    """Yield all rows; a page of 500 is one query, and those it prefetches.

    No cursor stays open, and a row that moves is neither lost nor told twice.
    """
    last = 0
    while page := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from page
        last = page[-1].pk


def below(category_id: int) -> QuerySet[Category]:
    """Return a category and those below it; 1 query now."""
    top = Category.objects.get(pk=category_id)
    found: QuerySet[Category] = top.get_descendants(include_self=True)
    return found


def products_in(category_id: int) -> QuerySet[Any]:
    """Return ids of the products in a category or below it, for a subquery."""
    links = Product.categories.through.objects.filter(category__in=below(category_id))
    return links.values("product")


def check_new_slug(slug: str) -> None:
    """Refuse what no slug can be.

    Raises:
        RowError: See ``catalogue.slugs``.
    """
    try:
        check_slug_shape(slug)
    except InvalidSlugError as error:
        raise RowError(error.detail, "slug") from error
