"""What an address below ``product/`` or ``category/`` leads to (decision 0033)."""

from typing import Any, cast

from django.http import Http404
from django.urls import ResolverMatch, reverse
from rest_framework.request import Request

from catalogue.models import Category, CategorySlug, Product, ProductSlug
from catalogue.querysets import is_id
from catalogue.rows import PublicProduct
from catalogue.selectors import public_product
from custom.api.problems import MovedError
from custom.errors import GoneError


def find_product(request: Request, key: str) -> PublicProduct:
    """Return the product of the path, if anyone may see it; 1 query if it is there.

    Args:
        request: Its path has ``key`` in it, perhaps with more behind.
        key: An id or a slug.

    Raises:
        MovedError: The slug is a former one.
        GoneError: It was that of a product that is deleted.
        Http404: There is no such product, or not for everyone.
    """
    product = public_product(key)
    if product is not None:
        return product
    _follow(request, key, Product, ProductSlug)
    msg = "This product is no more."
    raise GoneError(msg)


def find_category(request: Request, key: str) -> Category:
    """Return the category of the path, if anyone may see it; 1 query if it is there.

    Raises:
        MovedError: The slug is a former one.
        GoneError: It was that of a category that is deleted; ``extra["instead"]`` is
            the one it was below, or None.
        Http404: There is no such category, or not for everyone.
    """
    category: Category | None = Category.objects.public().find(key).first()
    if category is not None:
        return category
    raise _gone(request, _follow(request, key, Category, CategorySlug))


def _follow(
    request: Request,
    key: str,
    model: type[Product] | type[Category],
    records: type[ProductSlug] | type[CategorySlug],
) -> Any:  # noqa: ANN401 - a record of either kind
    """Return the record of a row that is deleted; point to one that has moved."""
    taken = None if is_id(key) else records.objects.filter(slug=key).first()
    if taken is None:
        raise Http404
    rows: Any = model.objects
    owner = rows.public().filter(pk=taken.owner_id).first()
    if owner is not None:
        is_read = request.method in ("GET", "HEAD")
        raise MovedError(_address(request, owner.slug), keeps_method=not is_read)
    if rows.filter(pk=taken.owner_id).exists():
        raise Http404
    return taken


def _gone(request: Request, taken: CategorySlug) -> GoneError:
    """Say where to look instead of at a deleted category."""
    parent = Category.objects.public().filter(pk=taken.instead_id).first()
    if parent is None:
        msg = "This category is no more."
        return GoneError(msg, instead=None)
    msg = f"This category is no more; it was below {parent.name}."
    instead = {
        "id": parent.pk,
        "slug": parent.slug,
        "name": parent.name,
        "location": _address(request, parent.slug),
    }
    return GoneError(msg, instead=instead)


def _address(request: Request, slug: str) -> str:
    """Return the path of the request with another slug in it, and its query."""
    match = cast("ResolverMatch", request.resolver_match)
    path: str = reverse(match.view_name, kwargs={**match.kwargs, "key": slug})
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path
