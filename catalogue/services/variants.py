"""Writes to variants."""

from catalogue.attributes import clean_attributes
from catalogue.models import AttributeDefinition, Product, Variant
from catalogue.services.products import NewVariant
from custom.history import recorded
from custom.transactions import transactional


@transactional
def add_variant(product: Product, new: NewVariant) -> Variant:
    """Store another variant behind the product's others; locks the product.

    Raises:
        InvalidAttributesError: They do not fit the type; nothing is stored.
    """
    product = _touch(product.pk)
    with recorded("Variant added."):
        return Variant.objects.create(
            product=product,
            sku=new.sku,
            title=new.title,
            attributes=clean_attributes(_definitions(product), new.attributes),
            barcode=new.barcode,
            weight_grams=new.weight_grams,
            position=product.variants.count(),
            is_public=new.is_public,
        )


@transactional
def update_variant(
    variant_id: int,
    *,
    title: str | None = None,
    barcode: str | None = None,
    weight_grams: int | None = None,
    is_public: bool | None = None,
) -> Variant:
    """Change a variant; what is left out stays. Locks its product, then it."""
    product_id = Variant.objects.values_list("product", flat=True).get(pk=variant_id)
    _touch(product_id)
    variant = Variant.objects.select_for_update().get(pk=variant_id)
    changes = {
        "title": title,
        "barcode": barcode,
        "weight_grams": weight_grams,
        "is_public": is_public,
    }
    for name, value in changes.items():
        if value is not None:
            setattr(variant, name, value)
    with recorded("Variant changed."):
        variant.save()
    return variant


def _touch(product_id: int) -> Product:
    """Lock a product and raise its version."""
    product = Product.objects.select_for_update().get(pk=product_id)
    product.version += 1
    product.save(update_fields=("version", "updated_at"))
    return product


def _definitions(product: Product) -> list[AttributeDefinition]:
    """Return what the product's variants may say of themselves."""
    variant = AttributeDefinition.AppliesTo.VARIANT
    found = product.product_type.definitions.filter(applies_to=variant)
    return list(found.in_order())
