"""Writes to what staff put beside a product."""

from collections.abc import Sequence

from catalogue.models import Product, RelatedProduct
from custom.history import recorded
from custom.transactions import transactional


@transactional
def relate_products(product_id: int, related_ids: Sequence[int]) -> None:
    """Show just these beside a product, in this order; locks the product.

    Raises:
        Product.DoesNotExist: There is no such product.
        IntegrityError: An id is unknown, the product's own, or named twice.
    """
    Product.objects.select_for_update().get(pk=product_id)
    stored = {
        row.related_id: row for row in RelatedProduct.objects.filter(product=product_id)
    }
    with recorded("Related products chosen."):
        for related_id in sorted(stored.keys() - set(related_ids)):
            stored[related_id].delete()
        for position, related_id in enumerate(related_ids):
            row = stored.get(related_id) or RelatedProduct(
                product_id=product_id, related_id=related_id
            )
            row.position = position
            row.save()
