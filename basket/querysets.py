"""How baskets are found and locked."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from uuid import UUID

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from basket.requests import LineRequest
from catalogue.rows import ImageRow
from custom.rows import as_rows

if TYPE_CHECKING:
    from basket.models import Basket


class BasketRow(NamedTuple):
    """A basket beside one of its lines, or beside None in their place if it has none.

    The picture is the first of the line's product.
    """

    pk: int
    public_id: UUID
    version: int
    line_id: int | None
    variant_id: int
    offer: int
    quantity: int
    seen_price: Decimal
    currency: str
    sku: str
    variant_title: str
    product_title: str
    image_id: int | None
    image_alt: str
    image_width: int
    image_height: int
    image_file: str

    @property
    def image(self) -> ImageRow | None:
        """Return the product's first picture."""
        if self.image_id is None:
            return None
        return ImageRow(
            self.image_id,
            self.image_alt,
            self.image_width,
            self.image_height,
            self.image_file,
        )

    def as_request(self) -> LineRequest:
        """Return the line as what is looked up and priced."""
        return LineRequest(self.variant_id, self.quantity, self.offer or None)


# Fields of ``BasketRow`` that are columns of other tables.
ROW_SOURCES = {
    "line_id": "lines__pk",
    "variant_id": "lines__variant_id",
    "offer": "lines__offer",
    "quantity": "lines__quantity",
    "seen_price": "lines__seen_price",
    "currency": "lines__currency",
    "sku": "lines__variant__sku",
    "variant_title": "lines__variant__title",
    "product_title": "lines__variant__product__title",
    "image_id": "lines__variant__product__images__pk",
    "image_alt": "lines__variant__product__images__alt",
    "image_width": "lines__variant__product__images__width",
    "image_height": "lines__variant__product__images__height",
    "image_file": "lines__variant__product__images__file",
}


class BasketQuerySet(models.QuerySet["Basket"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def held_by(self, holder_key: str) -> Self:
        """Keep the open basket of a holder; at most one."""
        return self.filter(holder=holder_key)

    def rows(self) -> "models.QuerySet[Basket, BasketRow]":
        """Read baskets with their lines, in the order of adding, in one row each."""
        lines: Any = self.model.lines.rel.related_model
        variants: Any = lines.variant.field.related_model
        images: Any = variants.product.field.related_model.images.rel.related_model
        path = "lines__variant__product__images"
        of_product = images.objects.filter(product=OuterRef("lines__variant__product"))
        is_first = Q((path, Subquery(of_product.in_order().values("pk")[:1])))
        found = self.filter(Q((f"{path}__isnull", True)) | is_first).annotate(
            **{name: F(source) for name, source in ROW_SOURCES.items()}
        )
        return as_rows(found.order_by("lines__pk"), BasketRow)

    def lock_held_by(self, holder_key: str) -> "Basket | None":
        """Read a holder's open basket under an exclusive lock, if there is one.

        A holder without one locks nothing: there is no gap to lock.
        """
        return self.held_by(holder_key).select_for_update().first()

    def open_unless_held(self, basket: "Basket") -> None:
        """Insert an open basket, or nothing where its holder has one; 1 statement.

        The database decides, so no error has to be caught inside a transaction. The
        caller reads the row back by its holder.
        """
        self.bulk_create(
            [basket],
            update_conflicts=True,
            update_fields=["holder"],  # to what it is
        )

    def abandoned_before(self, moment: datetime) -> Self:
        """Keep guests' open baskets, and closed ones, untouched since a moment."""
        is_gone = Q(holder__isnull=True) | Q(user__isnull=True)
        return self.filter(is_gone, updated_at__lt=moment)
