"""What pages read of the catalogue's rows where they need no instances."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone

from catalogue.windows import first_boundary
from custom.rows import maker_of

if TYPE_CHECKING:
    from catalogue.models import Category, ProductImage, Variant


class ImageRow(NamedTuple):
    """A picture."""

    id: int
    alt: str
    width: int
    height: int
    file: str


_IMAGE = attrgetter(*(f"image_{name}" for name in ImageRow._fields))
_make_image = maker_of(ImageRow)


def image_of(row: object) -> ImageRow | None:
    """Return the picture that a row holds in ``image_id``, ``image_alt`` and so on."""
    values = _IMAGE(row)
    return None if values[0] is None else _make_image(values)


def image_sources(path: str) -> dict[str, str]:
    """Return where such a row's columns come from; ``path`` leads to the pictures."""
    return {f"image_{name}": f"{path}__{name}" for name in ImageRow._fields}


class CategoryRow(NamedTuple):
    """A category in its tree."""

    id: int
    name: str
    slug: str
    level: int
    parent_id: int | None
    tree_id: int
    lft: int
    rght: int
    is_public: bool


class DefinitionRow(NamedTuple):
    """What an attribute of a type of products is."""

    code: str
    name: str
    kind: str
    options: Any
    applies_to: str
    is_required: bool
    is_facet: bool


class VariantRow(NamedTuple):
    """What a page shows of a variant's own."""

    id: int
    sku: str
    title: str
    attributes: dict[str, Any]


class ProductRow(NamedTuple):
    """A product as lists show it; ``ProductQuerySet.rows`` reads it."""

    pk: int
    slug: str
    title: str
    publish_from: datetime | None
    publish_until: datetime | None
    price_from: Decimal | None
    compare_at_price: Decimal | None
    in_stock: bool | None
    rating: Decimal | None
    variant_count: int
    image_id: int | None
    image_alt: str
    image_width: int
    image_height: int
    image_file: str

    @property
    def image(self) -> ImageRow | None:
        """Return the first picture."""
        return image_of(self)


class ProductColumns(NamedTuple):
    """What a page shows of a product's own row and its summary.

    Read once for each of its categories, or with None for it once.
    """

    id: int
    product_type_id: int
    slug: str
    title: str
    description: str
    attributes: dict[str, Any]
    publish_from: datetime | None
    publish_until: datetime | None
    created_at: datetime
    updated_at: datetime
    rating: Decimal | None
    review_count: int | None
    category_id: int | None


class PublicProduct(ProductColumns):
    """A product that anyone may see, with what ``load_page`` has added.

    Of a product as it was, these are rows of models.

    Attributes:
        category_ids: Of all its categories, hidden ones included; not of a product as
            it was.
    """

    category_ids: Sequence[int]
    shown_images: Sequence["ImageRow | ProductImage"]
    public_categories: Sequence["CategoryRow | Category"]
    public_variants: Sequence["VariantRow | Variant"]

    @property
    def pk(self) -> int:
        """Return its key."""
        return self.id

    @property
    def next_boundary(self) -> datetime | None:
        """Return when it is hidden; what shows it is stale then."""
        return first_boundary([self], timezone.now())


# Fields of ``ProductRow`` that are columns of other tables.
ROW_SOURCES = {
    "price_from": "summary__price_from",
    "compare_at_price": "summary__compare_at_price",
    "in_stock": "summary__in_stock",
    "rating": "summary__rating",
    **image_sources("images"),
}
