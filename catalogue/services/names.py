"""What products and variants are known by: one writer at a time gives it out."""

from collections.abc import Sequence

from catalogue.errors import ExternalIdTakenError, VariantSkuTakenError
from catalogue.models import Product, Variant

# Held by who gives out a slug, an external id or a SKU; taken before the tree's lock.
SLUG_LOCK = "catalogue.product-slug"
NOBODY = 0  # no row has this key


def check_external_id(external_id: str | None, *, own: int = NOBODY) -> None:
    """Refuse an external id that another product has; 1 query, under the lock.

    Raises:
        ExternalIdTakenError: It has; ``extra["product"]`` is its id.
    """
    if external_id is None:
        return
    others = Product.objects.filter(external_id=external_id).exclude(pk=own)
    found = others.values_list("pk", flat=True).first()
    if found is not None:
        msg = f"Product {found} has this external id."
        raise ExternalIdTakenError(msg, product=found)


def check_skus(skus: Sequence[str], *, own: int = NOBODY) -> None:
    """Refuse SKUs that a variant has, or that are named twice; 1 query, under the lock.

    Args:
        skus: Of variants that are to be stored.
        own: The variant that may have it already.

    Raises:
        VariantSkuTakenError: It names the first.
    """
    refuse_repeated(skus)
    others = Variant.objects.filter(sku__in=skus).exclude(pk=own).order_by("pk")
    found = others.values_list("sku", flat=True).first()
    if found is not None:
        msg = f"Another variant has the SKU {found}."
        raise VariantSkuTakenError(msg)


def refuse_repeated(skus: Sequence[str]) -> None:
    """Refuse SKUs among which one is named twice.

    Raises:
        VariantSkuTakenError: It names the first.
    """
    for sku in skus:
        if skus.count(sku) > 1:
            msg = f"The SKU {sku} is named twice."
            raise VariantSkuTakenError(msg)
