"""What public pages show of the catalogue, as ``custom.caching`` names it."""

from collections.abc import Iterable
from typing import Final

PRODUCTS: Final = "products"  # what a list shows of any product, and which are listed
CATEGORIES: Final = "categories"  # the tree


def product_tag(product_id: int) -> str:
    """Name one product with all its offers and reviews."""
    return f"product-{product_id}"


def tags_of(product_ids: Iterable[int]) -> list[str]:
    """Name products, and with them every list; nothing if there are none."""
    tags = [product_tag(pk) for pk in product_ids]
    return [PRODUCTS, *tags] if tags else []
