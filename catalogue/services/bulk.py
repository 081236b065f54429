"""One change of many products: one transaction, one step of their history."""

from collections.abc import Callable, Collection
from uuid import uuid4

from django.db.models import F, ProtectedError
from django.utils import timezone

from catalogue.errors import StillOfferedError
from catalogue.models import Category, Product, ProductImage, Variant
from catalogue.services.listings import TREE_LOCK, drop_listings, refresh_listings
from catalogue.services.values import in_batches
from custom.collecting import collected
from custom.history import record_all, record_deletions, recorded
from custom.locks import lock_named
from custom.transactions import transactional
from users.models import User


@transactional
def publish_products(product_ids: Collection[int], *, actor: User) -> int:
    """Let products be seen, within their windows; return how many were hidden."""
    return _set_public(product_ids, "Published.", actor, is_public=True)


@transactional
def hide_products(product_ids: Collection[int], *, actor: User) -> int:
    """Take products out of sight; return how many were not yet."""
    return _set_public(product_ids, "Hidden.", actor, is_public=False)


@transactional
def add_to_category(
    product_ids: Collection[int], *, category: Category, actor: User
) -> int:
    """Put products into a category; return how many were not in it."""
    link = Product.categories.through

    def put(products: list[Product]) -> None:
        link.objects.bulk_create(
            link(product=product, category=category) for product in products
        )

    reason = f"Added to {category}."
    return _change(product_ids, reason, actor, put, skip={"categories": category})


@transactional
def remove_from_category(
    product_ids: Collection[int], *, category: Category, actor: User
) -> int:
    """Take products out of a category; return how many were in it."""
    link = Product.categories.through

    def take(products: list[Product]) -> None:
        link.objects.filter(product__in=products, category=category).delete()

    reason = f"Removed from {category}."
    return _change(product_ids, reason, actor, take, keep={"categories": category})


@transactional
def delete_products(product_ids: Collection[int]) -> None:
    """Delete products with all that belongs to them; some 40 statements for each 500.

    Takes the lock of the category tree, then locks the products. Recorded where the
    caller has opened ``history.recorded``.

    Raises:
        StillOfferedError: A partner offers a variant of one; nothing is changed.
    """
    lock_named(TREE_LOCK)
    for pks in in_batches(product_ids):
        products = Product.objects.lock(pks)
        drop_listings.at_once(pks)
        # Parts first: what is deleted last comes back first.
        record_deletions(list(ProductImage.objects.filter(product__in=pks)))
        record_deletions(list(Variant.objects.filter(product__in=pks)))
        record_deletions(products)
        with collected():  # what signals ask for row by row
            try:
                Product.objects.filter(pk__in=pks).delete()
            except ProtectedError as error:
                msg = "Partners offer some of these products. Hide them instead."
                raise StillOfferedError(msg) from error


def _set_public(
    product_ids: Collection[int], reason: str, actor: User, *, is_public: bool
) -> int:
    def write(products: list[Product]) -> None:
        pks = [product.pk for product in products]
        Product.objects.filter(pk__in=pks).update(is_public=is_public)

    return _change(product_ids, reason, actor, write, skip={"is_public": is_public})


def _change(  # noqa: PLR0913 - what, why, who and how
    product_ids: Collection[int],
    reason: str,
    actor: User,
    write: Callable[[list[Product]], None],
    *,
    keep: dict[str, object] | None = None,
    skip: dict[str, object] | None = None,
) -> int:
    """Lock, write, record and list again, in that order.

    Takes the lock of the category tree, then locks the products by ascending key.

    Args:
        product_ids: Unknown ones are left out.
        reason: As staff read it in the history.
        actor: Who asked for it.
        write: Changes the products it is given, in bulk.
        keep: Only products like this are changed.
        skip: Products like this are not.
    """
    lock_named(TREE_LOCK)
    locked = Product.objects.select_for_update().filter(pk__in=product_ids)
    pks = set(locked.order_by("pk").values_list("pk", flat=True))
    wanted = Product.objects.filter(pk__in=pks, **(keep or {})).exclude(**(skip or {}))
    products = list(wanted.order_by("pk"))
    if not products:
        return 0
    changed = [product.pk for product in products]
    write(products)
    rows = Product.objects.filter(pk__in=changed)
    rows.update(version=F("version") + 1, updated_at=timezone.now())
    with recorded(reason, actor=actor, batch=uuid4()):
        record_all(list(rows.order_by("pk")))
    refresh_listings(changed)
    return len(changed)
