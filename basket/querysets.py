"""How baskets are found and locked."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from basket.requests import LineRequest
from catalogue.querysets import with_first_image
from catalogue.rows import ImageRow, image_of, image_sources
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
        return image_of(self)

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
    **image_sources("lines__variant__product__images"),
}


class BasketQuerySet(models.QuerySet["Basket"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def held_by(self, holder_key: str) -> Self:
        """Keep the open basket of a holder; at most one."""
        return self.filter(holder=holder_key)

    def rows(self) -> "models.QuerySet[Basket, BasketRow]":
        """Read baskets with their lines, in the order of adding, in one row each."""
        found = self.filter(with_first_image("lines__variant__product")).annotate(
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
