"""Keep a product's summary, lists, slugs and pages in step, whoever saves it."""

from collections.abc import Collection

from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete
from django.dispatch import receiver

from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductImage,
    ProductListing,
    ProductSlug,
    ProductSummary,
    RelatedProduct,
    Variant,
)
from catalogue.pages import CATEGORIES, PRODUCTS, tags_of
from catalogue.services.changes import announce_changes
from catalogue.services.listings import drop_listings, refresh_listings
from catalogue.services.slugs import record_slugs
from catalogue.services.values import refresh_values
from custom.caching.versions import announce

LISTED = frozenset({"title", "is_public", "publish_from", "publish_until"})
# Written along with a variant or a picture, which is announced by itself.
TOUCHED = frozenset({"version", "updated_at"})


@receiver(post_save, sender=Product)
def list_product(
    *,
    instance: Product,
    created: bool,
    raw: bool,
    update_fields: Collection[str] | None,
    **_signal: object,
) -> None:
    """A product was added, renamed, hidden or shown, or has another address."""
    if update_fields is None or "slug" in update_fields:
        record_slugs(ProductSlug, [instance])  # of a version put back, too
    is_listed = update_fields is None or LISTED.intersection(update_fields)
    if raw or not (is_listed or TOUCHED.issuperset(update_fields or ())):
        announce(tags_of([instance.pk]))  # its page shows more than lists do
    if raw:
        return
    if created:
        ProductSummary.objects.create(product=instance)
    if is_listed:
        refresh_listings([instance.pk])


@receiver(pre_delete, sender=Product)
def unlist_product(*, instance: Product, **_signal: object) -> None:
    """A product is about to go."""
    drop_listings([instance.pk])


@receiver(m2m_changed, sender=Product.categories.through)
def list_in_categories(
    *,
    instance: Product | Category,
    action: str,
    pk_set: set[int] | None,
    **_signal: object,
) -> None:
    """Products were put into categories, or taken out."""
    if not action.startswith("post_"):
        return
    if isinstance(instance, Product):
        refresh_listings([instance.pk])
    elif pk_set is not None:
        refresh_listings(pk_set)
    else:  # cleared: its list still has what was in it
        listed = ProductListing.objects.in_scope(instance.pk)
        refresh_listings(listed.values_list("product_id", flat=True))


@receiver(post_save, sender=Variant)
@receiver(post_delete, sender=Variant)
def announce_variant(*, instance: Variant, **_signal: object) -> None:
    """What a product is found by changed with a variant: SKU, title, attributes."""
    refresh_values([instance.product_id])
    announce_changes([instance.product_id])


@receiver(post_save, sender=ProductImage)
@receiver(post_delete, sender=ProductImage)
def announce_image(*, instance: ProductImage, **_signal: object) -> None:
    """A row or a page of the product shows another picture."""
    announce_changes([instance.product_id])


@receiver(post_save, sender=Category)
@receiver(post_delete, sender=Category)
def announce_category(**_signal: object) -> None:
    """The tree changed, and with it what lists of a category are."""
    announce([CATEGORIES])


@receiver(post_save, sender=RelatedProduct)
@receiver(post_delete, sender=RelatedProduct)
def announce_related(*, instance: RelatedProduct, **_signal: object) -> None:
    """Others are shown beside the product."""
    announce_changes([instance.product_id])


@receiver(post_save, sender=AttributeDefinition)
@receiver(post_delete, sender=AttributeDefinition)
def announce_type(*, instance: AttributeDefinition, **_signal: object) -> None:
    """What products of a type are found by changed, as the label of a choice."""
    products = Product.objects.filter(product_type=instance.product_type_id)
    pks = list(products.values_list("pk", flat=True))
    refresh_values(pks)
    announce_changes(pks)
    announce([PRODUCTS])  # lists name it in filters and facets without a product, too
