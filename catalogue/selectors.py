"""Reads of the catalogue that no single queryset answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection

from catalogue.models import Category

# Whatever its categories are, a product counts once in each category above them.
COUNT_PRODUCTS = """
    SELECT above.id, COUNT(DISTINCT link.product_id)
    FROM catalogue_category AS above
    JOIN catalogue_category AS below
        ON below.tree_id = above.tree_id
        AND below.lft BETWEEN above.lft AND above.rght
    JOIN catalogue_product_categories AS link ON link.category_id = below.id
    JOIN catalogue_product AS product
        ON product.id = link.product_id AND product.is_public = 1
    WHERE above.id IN ({keys})
    GROUP BY above.id
"""


@dataclass(slots=True)
class CategoryNode:
    """A category with what a page shows of the tree around it."""

    category: Category
    path: str  # slugs from the top down, "/" between them
    product_count: int
    children: list["CategoryNode"] = field(default_factory=list)


def count_products(category_ids: Iterable[int]) -> dict[int, int]:
    """Count the public products of categories and of all below them; 1 query.

    Returns:
        Category id -> number, at least 1; those without products are left out.
    """
    pks = list(category_ids)
    if not pks:
        return {}
    statement = COUNT_PRODUCTS.format(keys=", ".join(["%s"] * len(pks)))
    with connection.cursor() as cursor:
        cursor.execute(statement, pks)
        return dict(cursor.fetchall())


def category_trees(
    tops: Sequence[Category], *, above: Sequence[Category], depth: int | None = None
) -> list[CategoryNode]:
    """Put public categories together with those below them; 2 queries.

    Args:
        tops: Equally deep categories, with the same parent or with none.
        above: The categories above ``tops``, from the top of the tree down.
        depth: Levels shown, ``tops`` being the first; None shows all.
    """
    levels_below = None if depth is None else depth - 1
    below = Category.objects.public().below(tops, levels_below)
    rows = [*tops, *below.order_by("tree_id", "lft")]
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
