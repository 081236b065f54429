"""Writes to pictures: the file first, then, in a transaction, its row."""

from dataclasses import dataclass
from types import EllipsisType

from django.core.files.base import ContentFile

from catalogue.errors import InvalidImageError
from catalogue.images import (
    MAX_BYTES,
    ContentStorage,
    Rendition,
    UnreadableImageError,
    image_name,
    render,
)
from catalogue.models import Product, ProductImage, Variant
from catalogue.services.touching import touch_product
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
    from PIL import Image  # noqa: PLC0415 - as in catalogue.images

    if len(content) > MAX_BYTES:
        msg = f"The file has more than {MAX_BYTES:,} bytes."
        raise InvalidImageError(msg)
    file = ContentFile(content)
    try:
        name = image_name(file)
        render(file, Rendition.SMALL)
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
    return show_image(product.pk, store_image(content, alt=alt), variant=variant)


@transactional
def show_image(
    product_id: int,
    image: StoredImage,
    *,
    variant: Variant | None = None,
    position: int | None = None,
) -> ProductImage:
    """Show a picture that is on disk; locks the product.

    Args:
        product_id: Whose picture it is.
        image: See ``store_image``.
        variant: Of the same product, if it shows just that.
        position: None: behind the others.
    """
    product = touch_product(product_id)
    behind = product.images.count()
    with recorded("Picture added."):
        return ProductImage.objects.create(
            product=product,
            variant=variant,
            file=image.name,
            alt=image.alt or product.title,
            width=image.width,
            height=image.height,
            position=behind if position is None else position,
        )


@transactional
def update_image(
    image_id: int,
    *,
    alt: str | None = None,
    position: int | None = None,
    variant: Variant | EllipsisType | None = ...,
) -> ProductImage:
    """Change what is said of a picture; what is left out stays. Locks its product."""
    product_id = ProductImage.objects.values_list("product", flat=True).get(pk=image_id)
    touch_product(product_id)
    image = ProductImage.objects.select_for_update().get(pk=image_id)
    if alt is not None:
        image.alt = alt
    if position is not None:
        image.position = position
    if not isinstance(variant, EllipsisType):
        image.variant = variant
    with recorded("Picture changed."):
        image.save()
    return image


@transactional
def delete_image(image_id: int) -> None:
    """Take a picture away, which staff can bring back; locks its product.

    Its file stays: versions, and other products, may show it.
    """
    image = ProductImage.objects.get(pk=image_id)
    touch_product(image.product_id)
    with recorded("Picture deleted."):
        image.delete()
