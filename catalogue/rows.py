"""What pages read of the catalogue's rows where they need no instances."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from catalogue.windows import boundary_after


class ImageRow(NamedTuple):
    """A picture."""

    id: int
    alt: str
    width: int
    height: int
    file: str


class CategoryLinkRow(NamedTuple):
    """A category that a product is in."""

    id: int
    slug: str
    name: str


class CategoryRow(NamedTuple):
    """A category in its tree."""

    pk: int
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
        if self.image_id is None:
            return None
        return ImageRow(
            self.image_id,
            self.image_alt,
            self.image_width,
            self.image_height,
            self.image_file,
        )

    def boundary_after(self, at: datetime) -> datetime | None:
        """Return the first moment after another at which it is hidden."""
        return boundary_after(self.publish_from, self.publish_until, at)


# Fields of ``ProductRow`` that are columns of other tables.
ROW_SOURCES = {
    "price_from": "summary__price_from",
    "compare_at_price": "summary__compare_at_price",
    "in_stock": "summary__in_stock",
    "rating": "summary__rating",
    "image_id": "images__pk",
    "image_alt": "images__alt",
    "image_width": "images__width",
    "image_height": "images__height",
    "image_file": "images__file",
}
