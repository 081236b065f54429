"""What stands for a product with all that belongs to it: its version."""

from catalogue.models import Product
from custom.transactions import transactional


@transactional
def touch_product(product_id: int) -> Product:
    """Lock a product and raise its version: a part of it is about to change."""
    product = Product.objects.select_for_update().get(pk=product_id)
    product.version += 1
    product.save(update_fields=("version", "updated_at"))
    return product
