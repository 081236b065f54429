"""Writes to variants."""

from collections.abc import Mapping
from types import EllipsisType

from django.db.models import ProtectedError

from catalogue.attributes import clean_attributes
from catalogue.errors import MissingVariantError, StillOfferedError
from catalogue.models import AttributeDefinition, Product, Variant
from catalogue.services.names import SLUG_LOCK, check_skus
from catalogue.services.products import NewVariant
from catalogue.services.touching import touch_product
from custom.history import recorded
from custom.locks import lock_named
from custom.transactions import transactional


@transactional
def add_variant(product: Product, new: NewVariant) -> Variant:
    """Store another variant of a product; locks the product.

    Raises:
        VariantSkuTakenError: Another variant has the SKU; nothing is stored.
        InvalidAttributesError: They do not fit the type; nothing is stored.
    """
    lock_named(SLUG_LOCK)
    check_skus([new.sku])
    product = touch_product(product.pk)
    behind = product.variants.count()
    with recorded("Variant added."):
        return Variant.objects.create(
            product=product,
            sku=new.sku,
            title=new.title,
            attributes=clean_attributes(_definitions(product), new.attributes),
            barcode=new.barcode,
            weight_grams=new.weight_grams,
            position=behind if new.position is None else new.position,
            is_public=new.is_public,
        )


@transactional
def update_variant(  # noqa: PLR0913 - keywords only
    variant_id: int,
    *,
    sku: str | None = None,
    title: str | None = None,
    attributes: Mapping[str, object] | None = None,
    barcode: str | None = None,
    weight_grams: int | EllipsisType | None = ...,
    position: int | None = None,
    is_public: bool | None = None,
) -> Variant:
    """Change a variant; what is left out stays. Locks its product, then it.

    Raises:
        VariantSkuTakenError: Another variant has the SKU; nothing is changed.
        InvalidAttributesError: They do not fit the type; nothing is changed.
    """
    if sku is not None:
        lock_named(SLUG_LOCK)
        check_skus([sku], own=variant_id)
    product_id = Variant.objects.values_list("product", flat=True).get(pk=variant_id)
    product = touch_product(product_id)
    variant = Variant.objects.select_for_update().get(pk=variant_id)
    changes = {
        "sku": sku,
        "title": title,
        "barcode": barcode,
        "position": position,
        "is_public": is_public,
    }
    for name, value in changes.items():
        if value is not None:
            setattr(variant, name, value)
    if attributes is not None:
        variant.attributes = clean_attributes(_definitions(product), attributes)
    if not isinstance(weight_grams, EllipsisType):
        variant.weight_grams = weight_grams
    with recorded("Variant changed."):
        variant.save()
    return variant


@transactional
def delete_variant(variant_id: int) -> None:
    """Delete a variant, which staff can bring back; locks its product.

    Raises:
        MissingVariantError: It is the product's last one.
        StillOfferedError: A partner offers it.

    Whatever is raised, nothing is changed.
    """
    variant = Variant.objects.select_related("product").get(pk=variant_id)
    product = touch_product(variant.product_id)
    if not product.variants.exclude(pk=variant_id).exists():
        msg = "A product keeps one variant. Delete the product instead."
        raise MissingVariantError(msg)
    with recorded("Variant deleted."):
        try:
            variant.delete()
        except ProtectedError as error:
            msg = "Partners offer this variant. Hide it instead."
            raise StillOfferedError(msg) from error


def _definitions(product: Product) -> list[AttributeDefinition]:
    """Return what the product's variants may say of themselves."""
    variant = AttributeDefinition.AppliesTo.VARIANT
    found = product.product_type.definitions.filter(applies_to=variant)
    return list(found.in_order())
