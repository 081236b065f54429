"""Reads of the catalogue that no single queryset answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from catalogue.models import (
    AttributeDefinition,
    Category,
    ListedValue,
    ListingCount,
    Product,
    ProductImage,
    ProductListing,
    Variant,
)
from catalogue.querysets import (
    ORDERINGS,
    WHOLE_SHOP,
    Narrowing,
    ProductListingQuerySet,
    Sorting,
    is_id,
)
from custom.prepared import PreparedRead

_BY_SLUG = PreparedRead(
    lambda slug, at: Product.objects.public(at).for_detail().filter(slug=slug)
)
_BY_ID = PreparedRead(
    lambda pk, at: Product.objects.public(at).for_detail().filter(pk=pk)
)
_ROWS = PreparedRead(
    lambda products, at: Product.objects.public(at).for_list().filter(pk__in=products)
)
_FIRST_IMAGES = PreparedRead(
    lambda images: ProductImage.objects.filter(pk__in=images).order_by()
)
_IMAGES = PreparedRead(
    lambda product: ProductImage.objects.filter(product=product).in_order()
)
_VARIANTS = PreparedRead(
    lambda product: Variant.objects.filter(product=product, is_public=True).in_order()
)
_CATEGORIES = PreparedRead(
    lambda product: (
        Category.objects.public().filter(products=product).order_by("tree_id", "lft")
    )
)
_DEFINITIONS = PreparedRead(
    lambda kind: AttributeDefinition.objects.filter(product_type=kind).in_order()
)
_BELOW_ROOTS = PreparedRead(
    lambda trees: (
        Category.objects.public()
        .filter(tree_id__in=trees, level__gt=0)
        .order_by("tree_id", "lft")
    )
)
_COUNTS = PreparedRead(
    lambda scopes: ListingCount.objects.filter(scope__in=scopes).values_list(
        "scope", "product_count"
    )
)


def _whole_list(sort: Sorting) -> PreparedRead[int]:
    """Prepare the read of the products' ids in an order."""
    return PreparedRead(
        lambda scope: sort(ProductListing.objects.in_scope(scope)).values_list(
            "product_id", flat=True
        )
    )


_WHOLE_LISTS = {name: _whole_list(sort) for name, sort in ORDERINGS.items()}


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
    return dict(_COUNTS(scopes=list(scopes)))


def public_product(key: str) -> Product | None:
    """Return the product of an id or a slug, if anyone may see it; 1 query.

    It has its summary.
    """
    at = timezone.now()
    if not is_id(key):
        found = _BY_SLUG(slug=key, at=at)
    elif len(key) < len(str(2**63)):
        found = _BY_ID(pk=int(key), at=at)
    else:  # too long for the column
        found = []
    return found[0] if found else None


def product_rows(product_ids: Iterable[int]) -> dict[int, Product]:
    """Read what product rows show of products that anyone may see; 2 queries.

    Returns:
        Id -> product, with ``variant_count`` and ``first_images``.
    """
    products = _ROWS(products=list(product_ids), at=timezone.now())
    first = [pk for each in products if (pk := each.first_image_id) is not None]
    images = {image.pk: image for image in _FIRST_IMAGES(images=first)}
    for product in products:
        image = images.get(product.first_image_id or 0)
        product.first_images = [] if image is None else [image]
    return {product.pk: product for product in products}


def load_page(product: Product) -> list[AttributeDefinition]:
    """Add what a product page shows beside the product's own row; 4 queries.

    Returns:
        What products of its type, and their variants, may say of themselves.
    """
    product.shown_images = _IMAGES(product=product.pk)
    product.public_categories = _CATEGORIES(product=product.pk)
    product.public_variants = _VARIANTS(product=product.pk)
    return _DEFINITIONS(kind=product.product_type_id)


class ListedKeys:
    """The product ids of a list, as a paginator wants them: counted, then cut.

    A list that is shown from end to end is counted beforehand: that takes one row
    instead of as many as there are products.
    """

    ordered = True

    def __init__(self, rows: ProductListingQuerySet, narrowing: Narrowing) -> None:
        """Take the rows in their order, and how they were narrowed."""
        self._rows = rows
        self._narrowing = narrowing
        self._matching = 0

    def count(self) -> int:
        """Return the number of products; 1 query."""
        self._matching = self._count()
        return self._matching

    def __getitem__(self, cut: slice) -> list[int]:
        """Return the ids of a page; 1 query by an index, 2 with attributes."""
        rows = self._rows
        if self._narrowing.is_whole and not self._narrowing.attributes:
            read = _WHOLE_LISTS[self._narrowing.ordering]
            return read(cut, scope=self._narrowing.scope)
        if wanted := self._narrowing.attributes:
            in_order = self._is_short_walk(cut.stop)
            narrow = rows.with_values_in_order if in_order else rows.with_values
            rows = narrow(wanted)
        return list(rows.values_list("product_id", flat=True)[cut])

    def _count(self) -> int:
        scope, wanted = self._narrowing.scope, self._narrowing.attributes
        if not self._narrowing.is_whole:
            return self._rows.with_values(wanted).count()
        if not wanted:
            return count_products([scope]).get(scope, 0)
        if scope == WHOLE_SHOP:  # its products are all that have values
            return ListedValue.objects.count_products(wanted)
        return self._rows.with_values(wanted).count()

    def _is_short_walk(self, end: int) -> bool:
        """Tell whether looking along the list finds a page sooner than sorting.

        Of ``total`` products ``matching`` fit: the row that ends the page comes after
        some ``end * total / matching`` products.
        """
        scope = self._narrowing.scope
        total = count_products([scope]).get(scope, 0)
        return end * total < self._matching**2


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


def _below(tops: Sequence[Category], levels: int | None) -> list[Category]:
    """Read the public categories below equally deep ones, in tree order; 1 query."""
    if tops and tops[0].level:
        found = Category.objects.public().below(tops, levels)
        return list(found.order_by("tree_id", "lft"))
    rows = _BELOW_ROOTS(trees=[top.tree_id for top in tops])
    return [row for row in rows if levels is None or row.level <= levels]


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
        rows += _below(tops, None if depth is None else depth - 1)
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
