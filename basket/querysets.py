"""How baskets are found and locked."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Prefetch, Q

if TYPE_CHECKING:
    from basket.models import Basket, BasketLine  # noqa: F401 - in strings


class BasketQuerySet(models.QuerySet["Basket"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def held_by(self, holder_key: str) -> Self:
        """Keep the open basket of a holder; at most one."""
        return self.filter(holder=holder_key)

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


class BasketLineQuerySet(models.QuerySet["BasketLine"]):
    """What is in baskets."""

    def for_display(self) -> Self:
        """Load what lines show, in the order of adding; 2 queries."""
        variants: Any = self.model.variant.field.related_model
        products: Any = variants.product.field.related_model
        images: Any = products.images.rel.related_model
        first = images.objects.in_order()[:1]
        return (
            self.select_related("variant__product")
            .order_by("pk")
            .prefetch_related(
                Prefetch("variant__product__images", first, to_attr="first_images")
            )
        )
