"""Keep a product's summary and lists in step, whoever saves it."""

from collections.abc import Collection

from django.db.models.signals import m2m_changed, post_save, pre_delete
from django.dispatch import receiver

from catalogue.models import Category, Product, ProductListing, ProductSummary
from catalogue.services.listings import drop_listings, refresh_listings

LISTED = frozenset({"title", "is_public"})


@receiver(post_save, sender=Product)
def list_product(
    *,
    instance: Product,
    created: bool,
    raw: bool,
    update_fields: Collection[str] | None,
    **_signal: object,
) -> None:
    """A product was added, renamed, hidden or shown."""
    if raw:
        return
    if created:
        ProductSummary.objects.create(product=instance)
    if update_fields is None or LISTED.intersection(update_fields):
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
