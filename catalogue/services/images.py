"""Writes to pictures: the file first, then, in a transaction, its row."""

from dataclasses import dataclass

from django.core.files.base import ContentFile
from PIL import Image

from catalogue.errors import InvalidImageError
from catalogue.images import (
    MAX_BYTES,
    ContentStorage,
    UnreadableImageError,
    image_name,
)
from catalogue.models import Product, ProductImage, Variant
from custom.history import recorded
from custom.transactions import transactional


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """A picture on disk, ready to be shown by a product."""

    name: str
    width: int
    height: int
    alt: str = ""


def store_image(content: bytes, *, alt: str = "") -> StoredImage:
    """Write a picture to disk, unless it is there; call it outside transactions.

    Raises:
        InvalidImageError: It is no picture, or too large a one.
    """
    if len(content) > MAX_BYTES:
        msg = f"The file has more than {MAX_BYTES:,} bytes."
        raise InvalidImageError(msg)
    file = ContentFile(content)
    try:
        name = image_name(file)
    except UnreadableImageError as error:
        raise InvalidImageError(str(error)) from error
    with Image.open(file) as picture:
        width, height = picture.size
    file.seek(0)
    name = ContentStorage().save(name, file)
    return StoredImage(name=name, width=width, height=height, alt=alt)


def add_image(
    product: Product,
    content: bytes,
    *,
    alt: str = "",
    variant: Variant | None = None,
) -> ProductImage:
    """Show a picture behind the product's others.

    Raises:
        InvalidImageError: It is no picture, or too large a one; nothing is stored.
    """
    return _add_row(product, store_image(content, alt=alt), variant)


@transactional
def _add_row(
    product: Product, image: StoredImage, variant: Variant | None
) -> ProductImage:
    """Store the row of a picture; locks the product."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    product.version += 1
    with recorded("Picture added."):
        product.save(update_fields=("version", "updated_at"))
        return ProductImage.objects.create(
            product=product,
            variant=variant,
            file=image.name,
            alt=image.alt or product.title,
            width=image.width,
            height=image.height,
            position=product.images.count(),
        )
