"""Many products and variants changed at once, each in its own way."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from catalogue.models import Category, Product, ProductSlug, Variant
from catalogue.services.changes import announce_changes
from catalogue.services.listings import TREE_LOCK, refresh_listings
from catalogue.services.products import NewVariant
from catalogue.services.slugs import record_slugs
from catalogue.services.values import refresh_values
from custom.history import record_all
from custom.locks import lock_named
from custom.transactions import transactional

BATCH = 500  # rows of one INSERT


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChange:
    """Fields of a product by name, and all its categories unless None."""

    product_id: int
    values: Mapping[str, object]
    categories: Collection[Category] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedVariant:
    """A variant to go behind the others of its product."""

    product_id: int
    new: NewVariant


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantChange:
    """Fields of a variant by name."""

    variant_id: int
    values: Mapping[str, object]


@transactional
def rewrite_products(changes: Sequence[ProductChange]) -> None:
    """Change products; a fixed number of statements for each 500.

    The caller vouches for the values: attributes are clean, windows open, and a slug
    or external id is free, under the lock of slugs: one that any product has already,
    were it one of these, would change that one. Takes the lock of the category tree,
    then locks the products.
    Versions are kept where the caller has opened ``history.recorded``.
    """
    if not changes:
        return
    lock_named(TREE_LOCK)
    products = _lock_products([change.product_id for change in changes])
    names: set[str] = set()
    for change in changes:
        for name, value in change.values.items():
            setattr(products[change.product_id], name, value)
        names.update(change.values)
    _touch(products.values(), names)
    if "slug" in names:
        record_slugs(ProductSlug, products.values())
    _relink(changes)
    stored = Product.objects.filter(pk__in=products).order_by("pk")
    record_all(list(stored))
    refresh_listings(products)


@transactional
def rewrite_variants(
    added: Sequence[AddedVariant], changes: Sequence[VariantChange]
) -> set[int]:
    """Add and change variants; a fixed number of statements for each 500.

    The caller vouches that SKUs are free and attributes clean. Locks the products.

    Returns:
        Ids of the products; the caller brings their summaries in step.
    """
    found = Variant.objects.in_bulk([change.variant_id for change in changes])
    product_ids = {each.product_id for each in added}
    product_ids |= {variant.product_id for variant in found.values()}
    if not product_ids:
        return set()
    _touch(_lock_products(product_ids).values(), set())
    _add(added)
    _change(changes)
    refresh_values(product_ids)
    announce_changes(product_ids)
    return product_ids


def _lock_products(product_ids: Collection[int]) -> dict[int, Product]:
    locked = Product.objects.select_for_update().filter(pk__in=product_ids)
    return {product.pk: product for product in locked.order_by("pk")}


def _touch(products: Collection[Product], names: Collection[str]) -> None:
    """Store the named fields of locked products, and raise their versions.

    An upsert: Django's ``bulk_update`` takes a second to build its ``CASE``.
    """
    for product in products:
        product.version += 1
        product.updated_at = timezone.now()
    Product.objects.bulk_create(
        products,
        update_conflicts=True,
        update_fields=sorted({*names, "version", "updated_at"}),
        batch_size=BATCH,
    )


def _relink(changes: Sequence[ProductChange]) -> None:
    """Let products be in just the categories that are wanted; 3 statements."""
    link = Product.categories.through
    wanted = {
        (change.product_id, category.pk)
        for change in changes
        if change.categories is not None
        for category in change.categories
    }
    relinked = [each.product_id for each in changes if each.categories is not None]
    links = link.objects.filter(product__in=relinked)
    present = {(each.product_id, each.category_id): each.pk for each in links}
    gone = [pk for pair, pk in present.items() if pair not in wanted]
    link.objects.filter(pk__in=gone).delete()
    link.objects.bulk_create(
        (
            link(product_id=product_id, category_id=category_id)
            for product_id, category_id in sorted(wanted - present.keys())
        ),
        batch_size=BATCH,
    )


def _add(added: Sequence[AddedVariant]) -> None:
    product_ids = {each.product_id for each in added}
    counted = Product.objects.filter(pk__in=product_ids).annotate(n=Count("variants"))
    positions = dict(counted.order_by().values_list("pk", "n"))
    variants = []
    for each in added:
        variants.append(
            Variant(
                product_id=each.product_id,
                sku=each.new.sku,
                title=each.new.title,
                attributes=dict(each.new.attributes),
                barcode=each.new.barcode,
                weight_grams=each.new.weight_grams,
                position=positions[each.product_id]
                if each.new.position is None
                else each.new.position,
                is_public=each.new.is_public,
            )
        )
        positions[each.product_id] += 1
    Variant.objects.bulk_create(variants, batch_size=BATCH)
    record_all(variants, created=True)


def _change(changes: Sequence[VariantChange]) -> None:
    pks = [change.variant_id for change in changes]
    locked = Variant.objects.select_for_update().filter(pk__in=pks)
    variants = {variant.pk: variant for variant in locked.order_by("pk")}
    names: set[str] = set()
    for change in changes:
        for name, value in change.values.items():
            setattr(variants[change.variant_id], name, value)
        names.update(change.values)
    if not names:
        return
    Variant.objects.bulk_create(
        variants.values(),
        update_conflicts=True,
        update_fields=sorted(names),
        batch_size=BATCH,
    )
    record_all(list(variants.values()))
