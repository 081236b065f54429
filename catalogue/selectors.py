"""Reads of the catalogue that no single queryset answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from catalogue.models import Category, ListingCount
from catalogue.querysets import ProductListingQuerySet


@dataclass(slots=True)
class CategoryNode:
    """A category with what a page shows of the tree around it."""

    category: Category
    path: str  # slugs from the top down, "/" between them
    product_count: int
    children: list["CategoryNode"] = field(default_factory=list)


def count_products(scopes: Iterable[int]) -> dict[int, int]:
    """Return the number of products in lists; 1 query.

    Args:
        scopes: Categories' ids, or ``WHOLE_SHOP``.

    Returns:
        Scope -> number; lists that never had a product may be left out.
    """
    counts = ListingCount.objects.filter(scope__in=list(scopes))
    return dict(counts.values_list("scope", "product_count"))


class ListedKeys:
    """The product ids of a list, as a paginator wants them.

    A list that is shown from end to end is counted beforehand: that takes one row
    instead of as many as there are products.
    """

    ordered = True

    def __init__(self, rows: ProductListingQuerySet) -> None:
        self._rows = rows

    def count(self) -> int:
        """Return the number of products; 1 query."""
        scope = self._rows.whole_scope
        if scope is None:
            return self._rows.count()
        return count_products([scope]).get(scope, 0)

    def __getitem__(self, cut: slice) -> list[int]:
        """Return the ids of a page; 1 query, answered by an index."""
        return list(self._rows.values_list("product_id", flat=True)[cut])


def category_trees(
    tops: Sequence[Category], *, above: Sequence[Category], depth: int | None = None
) -> list[CategoryNode]:
    """Put public categories together with those below them; 2 queries.

    Args:
        tops: Equally deep categories, with the same parent or with none.
        above: The categories above ``tops``, from the top of the tree down.
        depth: Levels shown, ``tops`` being the first; None shows all.
    """
    rows = list(tops)
    if depth != 1:
        levels_below = None if depth is None else depth - 1
        below = Category.objects.public().below(tops, levels_below)
        rows += below.order_by("tree_id", "lft")
    counts = count_products(row.pk for row in rows)
    start = "".join(f"{category.slug}/" for category in above)
    nodes: dict[int, CategoryNode] = {}
    for row in rows:
        parent = nodes.get(row.parent_id)
        path = f"{parent.path}/{row.slug}" if parent else f"{start}{row.slug}"
        node = nodes[row.pk] = CategoryNode(row, path, counts.get(row.pk, 0))
        if parent:
            parent.children.append(node)
    return [nodes[row.pk] for row in tops]
