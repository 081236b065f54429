"""Writes to the category tree, one at a time (docs/decisions/0004-tree.md)."""

from mptt.exceptions import InvalidMove

from catalogue.errors import CategoryMoveError, CategoryNotEmptyError
from catalogue.models import Category, CategorySlug, ProductListing
from catalogue.services.changes import announce_changes
from catalogue.services.listings import (
    TREE_LOCK,
    drop_scope,
    refresh_listings,
)
from catalogue.services.slugs import leave_slugs, record_slugs
from catalogue.slugs import check_slug, new_slugs
from custom.history import recorded
from custom.locks import lock_named
from custom.transactions import transactional


@transactional
def create_category(
    *,
    name: str,
    slug: str | None = None,
    parent: Category | None = None,
    description: str = "",
    is_public: bool = True,
) -> Category:
    """Store a category among its siblings, which are kept in order of names.

    Without a slug one is made of the name; without a parent the category is the
    top of a tree of its own.

    Raises:
        InvalidSlugError: The given slug cannot be one.
        SlugTakenError: Another category has the given slug.
    """
    lock_named(TREE_LOCK)
    category = Category(
        name=name,
        slug=_slug_for(name, slug),
        parent=_read_again(parent) if parent else None,
        description=description,
        is_public=is_public,
    )
    with recorded("Category created."):
        category.save()
    record_slugs(CategorySlug, [category])
    return category


@transactional
def update_category(
    category: Category,
    *,
    name: str | None = None,
    slug: str | None = None,
    description: str | None = None,
    is_public: bool | None = None,
) -> Category:
    """Change what a category says; a new name may move it among its siblings.

    Its former slugs lead to the present one.

    Returns:
        The category as it is stored; what is left out stays.

    Raises:
        InvalidSlugError: The slug cannot be one; nothing is changed.
        SlugTakenError: Another category has the slug; nothing is changed.
    """
    lock_named(TREE_LOCK)
    category = _read_again(category)
    if name is not None:
        category.name = name
    if slug is not None:
        others = Category.objects.exclude(pk=category.pk)
        category.slug = check_slug(others, slug)
    if description is not None:
        category.description = description
    if is_public is not None:
        category.is_public = is_public
    with recorded("Category changed."):
        category.save()
    if slug is not None:
        record_slugs(CategorySlug, [category])
    if (name, slug, is_public) != (None, None, None):
        announce_changes(_products_below(category))  # their pages name it
    return category


def rename_category(category: Category, name: str) -> Category:
    """Give a category another name; its slug, which links use, stays."""
    return update_category(category, name=name)


@transactional
def move_category(category: Category, *, parent: Category | None) -> Category:
    """Put a category, with all below it, under another one or at the top.

    Takes seconds where there are tens of thousands of products below it.

    Raises:
        CategoryMoveError: The new parent is the category or is below it.
    """
    lock_named(TREE_LOCK)
    category = _read_again(category)
    category.parent = _read_again(parent) if parent else None
    with recorded("Category moved."):
        try:
            category.save()
        except InvalidMove as error:
            msg = "A category cannot be moved below itself."
            raise CategoryMoveError(msg) from error
    refresh_listings(_products_below(category))
    return category


@transactional
def delete_category(category: Category) -> None:
    """Remove a category; its products stay, in their other categories if any.

    Its slugs stay noted, with the category it was below.

    Raises:
        CategoryNotEmptyError: There are categories below it; nothing is changed.
    """
    lock_named(TREE_LOCK)
    category = _read_again(category)
    if not category.is_leaf_node():
        msg = "Move or delete the categories below it first."
        raise CategoryNotEmptyError(msg)
    products = _products_below(category)
    drop_scope(category.pk)
    leave_slugs(category)
    with recorded("Category deleted."):
        category.delete()
    refresh_listings(products)


def _read_again(category: Category) -> Category:
    """Return the row as it is now that nobody else can change the tree."""
    return Category.objects.get(pk=category.pk)


def _products_below(category: Category) -> list[int]:
    """Return the public products of a category and of those below it."""
    listed = ProductListing.objects.in_scope(category.pk)
    return list(listed.values_list("product_id", flat=True))


def _slug_for(name: str, slug: str | None) -> str:
    """Return the chosen slug, or one made of the name."""
    if slug is not None:
        return check_slug(Category.objects.all(), slug)
    former = CategorySlug.objects.leading_somewhere()
    (made,) = new_slugs(
        Category.objects.all(), [name], fallback="category", former=former
    )
    return made
