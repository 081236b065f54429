"""Reads of the catalogue that no single queryset answers."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from catalogue.category_querysets import CategoryQuerySet
from catalogue.lists import count_products
from catalogue.models import (
    AttributeDefinition,
    Category,
    ListingCount,
    Product,
    ProductImage,
    Variant,
)
from catalogue.querysets import is_id
from catalogue.remembered import Remembered
from catalogue.rows import (
    CategoryRow,
    DefinitionRow,
    ImageRow,
    ProductRow,
    PublicProduct,
    VariantRow,
)
from custom.prepared import Asked, PreparedRead, read_together
from custom.rows import as_rows

_BY_SLUG = PreparedRead(
    lambda slug, at: Product.objects.public(at).filter(slug=slug).for_page()
)
_BY_ID = PreparedRead(
    lambda pk, at: Product.objects.public(at).filter(pk=pk).for_page()
)
_ROWS = PreparedRead(
    lambda products, at: Product.objects.public(at).filter(pk__in=products).rows()
)
_IMAGES = PreparedRead(
    lambda product: as_rows(
        ProductImage.objects.filter(product=product).in_order(), ImageRow
    )
)
_VARIANTS = PreparedRead(
    lambda product: as_rows(
        Variant.objects.filter(product=product, is_public=True).in_order(), VariantRow
    )
)
_DEFINITIONS = PreparedRead(
    lambda kind: as_rows(
        AttributeDefinition.objects.filter(product_type=kind).in_order(), DefinitionRow
    )
)
_ALL_DEFINITIONS = PreparedRead(
    lambda: as_rows(AttributeDefinition.objects.in_order(), DefinitionRow)
)
_ROOTS = PreparedRead(
    lambda: as_rows(
        Category.objects.filter(parent=None, is_public=True).in_tree_order(),
        CategoryRow,
    )
)


def _of_trees(trees: Sequence[int], deepest: int) -> CategoryQuerySet:
    """Return the categories of whole trees, down to a level."""
    found: CategoryQuerySet = Category.objects.filter(
        tree_id__in=trees, level__lte=deepest
    )
    return found


def _between(tree: int, first: int, last: int, deepest: int) -> CategoryQuerySet:
    """Return the categories of a part of a tree, down to a level."""
    found: CategoryQuerySet = Category.objects.filter(
        tree_id=tree, lft__gte=first, lft__lt=last, level__lte=deepest
    )
    return found


def _counts_of(categories: CategoryQuerySet) -> QuerySet[Any, tuple[int, int]]:
    """Return the number of products of each of some categories, with its key."""
    found = ListingCount.objects.filter(scope__in=categories.values("pk"))
    return found.values_list("scope", "product_count")


_BELOW_ROOTS = PreparedRead(
    lambda **trees: as_rows(
        _of_trees(**trees).filter(level__gt=0).in_tree_order(), CategoryRow
    )
)
_COUNTS_OF_TREES = PreparedRead(lambda **trees: _counts_of(_of_trees(**trees)))
_BETWEEN = PreparedRead(
    lambda **part: as_rows(_between(**part).in_tree_order(), CategoryRow)
)
_COUNTS_BETWEEN = PreparedRead(lambda **part: _counts_of(_between(**part)))
_NAMED = PreparedRead(
    lambda categories: as_rows(
        Category.objects.public().filter(pk__in=categories).in_tree_order(), CategoryRow
    )
)
Tree = Category | CategoryRow
DEEPEST = 10_000  # levels; no tree is deeper


@dataclass(slots=True)
class CategoryNode:
    """A category with what a page shows of the tree around it."""

    category: Tree
    path: str  # slugs from the top down, "/" between them
    product_count: int
    children: list["CategoryNode"] = field(default_factory=list)


def public_product(key: str) -> PublicProduct | None:
    """Return the product of an id or a slug, if anyone may see it; 1 query."""
    at = timezone.now()
    if not is_id(key):
        found = _BY_SLUG(slug=key, at=at)
    elif len(key) < len(str(2**63)):
        found = _BY_ID(pk=int(key), at=at)
    else:  # too long for the column
        found = []
    if not found:
        return None
    product = found[0]
    categories = [row.category_id for row in found]
    product.category_ids = [pk for pk in categories if pk is not None]
    return product


def product_rows(product_ids: Iterable[int]) -> dict[int, ProductRow]:
    """Read what product rows show of products that anyone may see; 1 query.

    Returns:
        Id -> row; others are left out.
    """
    (rows,) = read_together(ask_product_rows(product_ids))
    return {row.pk: row for row in rows}


def ask_product_rows(product_ids: Iterable[int]) -> Asked[ProductRow]:
    """Return the read of the rows of products that anyone may see, in any order."""
    return _ROWS.of(products=list(product_ids), at=timezone.now())


def load_page(
    product: PublicProduct,
    parts: Collection[str],
    known: Remembered,
    **beside: Asked[Any],
) -> dict[str, Sequence[Any]]:
    """Add what a product page shows beside the product's own row; 1 trip.

    Args:
        product: Is given its pictures, categories and variants.
        parts: What is wanted of these, of the definitions of what products of its type
            and their variants may say of themselves, and of ``beside``: a query each.
        known: Categories and definitions that take none; is given those that do.
        beside: What else the page shows.

    Returns:
        Part -> its rows, none of what is not wanted.
    """
    kind, categories = product.product_type_id, product.category_ids
    unknown = known.categories.unknown(categories)
    asked: dict[str, Asked[Any]] = {
        "shown_images": _IMAGES.of(product=product.pk),
        "public_categories": ask_categories(unknown),
        "public_variants": _VARIANTS.of(product=product.pk),
        "definitions": _DEFINITIONS.of(kind=kind),
        **beside,
    }
    found: dict[str, Sequence[Any]] = dict.fromkeys(asked, ())
    wanted = [part for part in asked if part in parts]
    if "definitions" in wanted and kind in known.definitions:
        wanted.remove("definitions")
        found["definitions"] = known.definitions[kind]
    rows = read_together(*(asked[part] for part in wanted))
    found.update(zip(wanted, rows, strict=True))
    if "definitions" in wanted:
        known.definitions[kind] = found["definitions"]
    if "public_categories" in wanted:
        known.categories.learn(unknown, found["public_categories"])
        found["public_categories"] = known.categories.shown(categories)
    product.shown_images = found["shown_images"]
    product.public_categories = found["public_categories"]
    product.public_variants = found["public_variants"]
    return found


def ask_definitions() -> Asked[DefinitionRow]:
    """Return the read of all definitions of attributes, in order."""
    return _ALL_DEFINITIONS.of()


def definitions_of_types(
    product_types: Collection[int],
) -> Mapping[tuple[int, str], list[AttributeDefinition]]:
    """Return what may be said, by type and what it applies to, in order; 1 query.

    Nothing, where a type has no definitions.
    """
    found = AttributeDefinition.objects.filter(product_type__in=product_types)
    grouped: defaultdict[tuple[int, str], list[AttributeDefinition]] = defaultdict(list)
    for each in found.in_order():
        grouped[each.product_type_id, each.applies_to].append(each)
    return grouped


def category_paths(categories: Mapping[int, Category]) -> dict[int, str]:
    """Return the slugs from the top down to each category; 1 query if there are any.

    Args:
        categories: By id; all are public.
    """
    if not categories:
        return {}
    above = list(Category.objects.above(categories.values()).order_by("lft"))
    return {
        pk: "/".join(
            row.slug
            for row in above
            if row.tree_id == own.tree_id and row.lft <= own.lft <= row.rght
        )
        for pk, own in categories.items()
    }


def root_categories() -> list[CategoryRow]:
    """Read the public tops of all trees, in their order; 1 query."""
    return _ROOTS()


def ask_categories(category_ids: Iterable[int]) -> Asked[CategoryRow]:
    """Return the read of those categories that anyone may see, in tree order."""
    return _NAMED.of(categories=list(category_ids))


def find_categories(keys: Iterable[str]) -> dict[str, Category]:
    """Return key -> category, by id (digits only) or slug; 1 query.

    Keys that lead nowhere are left out.
    """
    wanted = set(keys)
    ids = {key: int(key) for key in wanted if is_id(key) and len(key) < len(str(2**63))}
    found = Category.objects.filter(Q(pk__in=ids.values()) | Q(slug__in=wanted))
    by_slug, by_id = {}, {}
    for category in found:
        by_slug[category.slug], by_id[category.pk] = category, category
    named = {
        key: by_id.get(ids[key]) if key in ids else by_slug.get(key) for key in wanted
    }
    return {key: category for key, category in named.items() if category}


def _below(
    tops: Sequence[Tree], deepest: int
) -> tuple[list[CategoryRow], dict[int, int]]:
    """Read what is below equally deep categories; 2 queries, in one trip.

    Returns:
        Categories in tree order, hidden ones included, perhaps with some of ``tops``;
        between those that have the same parent others may be. And category -> number of
        products; those that never had one may be left out.
    """
    first, last = tops[0], tops[-1]
    if not first.level:
        trees: dict[str, Any] = {
            "trees": [top.tree_id for top in tops],
            "deepest": deepest,
        }
        asked = _BELOW_ROOTS.of(**trees), _COUNTS_OF_TREES.of(**trees)
    else:
        part: dict[str, int] = {
            "tree": first.tree_id,
            "first": first.lft,
            "last": last.rght,
            "deepest": deepest,
        }
        asked = _BETWEEN.of(**part), _COUNTS_BETWEEN.of(**part)
    rows, counts = read_together(*asked)
    return rows, dict(counts)


def category_trees(
    tops: Sequence[Tree],
    *,
    above: Sequence[Category] = (),
    depth: int | None = None,
) -> list[CategoryNode]:
    """Put public categories together with those below them; 2 queries, in one trip.

    Args:
        tops: Equally deep categories in tree order, with the same parent or with none.
        above: The categories above ``tops``, from the top of the tree down.
        depth: Levels shown, ``tops`` being the first; None shows all.
    """
    shown = {top.id: top for top in tops}
    if depth != 1 and tops:
        deepest = DEEPEST if depth is None else tops[0].level + depth - 1
        below, counts = _below(tops, deepest)
        for row in below:
            if row.is_public and row.parent_id in shown:  # those above come first
                shown.setdefault(row.id, row)
    else:
        counts = count_products(shown)
    start = "".join(f"{category.slug}/" for category in above)
    nodes: dict[int | None, CategoryNode] = {}
    for row in shown.values():
        parent = nodes.get(row.parent_id)
        path = f"{parent.path}/{row.slug}" if parent else f"{start}{row.slug}"
        node = nodes[row.id] = CategoryNode(row, path, counts.get(row.id, 0))
        if parent:
            parent.children.append(node)
    return [nodes[top.id] for top in tops]
