"""How orders are found."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from orders.models import Order
    from users.models import User


class OrderQuerySet(models.QuerySet["Order"]):
    """Every method returns a new, still lazy queryset."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Keep the orders of a signed-in user; none for anybody else."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def for_guests(self) -> Self:
        """Keep the orders that belong to no account."""
        return self.filter(user__isnull=True)

    def with_product(self, product_id: int) -> Self:
        """Keep the orders, but cancelled ones, that hold a product."""
        lines: Any = self.model.lines.rel.related_model
        held = lines.objects.filter(order=OuterRef("pk"), product_id=product_id)
        return self.exclude(status=self.model.Status.CANCELLED).filter(Exists(held))

    def find(self, key: str) -> Self:
        """Keep the order of a path: digits are its id, anything else its number."""
        if key.isascii() and key.isdigit():
            # One too long for the column matches nothing.
            return self.filter(pk=key) if len(key) < len(str(2**63)) else self.none()
        return self.filter(number=key)

    def lock(self, pk: int) -> "Order":
        """Read one order under an exclusive lock of its row.

        Raises:
            Order.DoesNotExist: There is none.
        """
        return self.select_for_update().get(pk=pk)

    def lock_public(self, public_id: UUID) -> "Order":
        """Read one order under an exclusive lock of its row, by its public id.

        Raises:
            Order.DoesNotExist: There is none.
        """
        return self.select_for_update().get(public_id=public_id)

    def overdue(self, moment: datetime) -> Self:
        """Keep unpaid orders whose time is over, the longest overdue first."""
        return self.filter(expires_at__lte=moment).order_by("expires_at", "pk")

    def for_list(self) -> Self:
        """Load what a row of a list shows: 2 queries, lines counted in the first."""
        lines: Any = self.model.lines.rel.related_model
        count = (
            lines.objects.filter(order=OuterRef("pk"))
            .order_by()
            .values("order")
            .annotate(number=Count("pk"))
            .values("number")
        )
        return self.annotate(line_count=Coalesce(Subquery(count), 0)).prefetch_related(
            "lines"
        )

    def for_detail(self) -> Self:
        """Load what one whole order shows but its money: at most 5 queries."""
        shipments: Any = self.model.shipments.rel.related_model
        return self.for_list().prefetch_related(
            self._public_events(),
            Prefetch("shipments", shipments.objects.prefetch_related("lines")),
        )

    def for_placed(self) -> Self:
        """Load what an order placed just now shows: 3 queries, none for shipments."""
        shipments: Any = self.model.shipments.rel.related_model
        return self.for_list().prefetch_related(
            self._public_events(), Prefetch("shipments", shipments.objects.none())
        )

    def for_partners(self, partner_ids: Collection[int]) -> Self:
        """Keep orders with lines of some partners, with what these may see; 4 queries.

        ``lines`` and ``shipments`` then hold theirs alone; ``has_open_lines`` tells
        whether some of them are still to be shipped.
        """
        lines: Any = self.model.lines.rel.related_model
        shipments: Any = self.model.shipments.rel.related_model
        own = lines.objects.filter(partner_id__in=partner_ids)
        own_shipments = shipments.objects.filter(partner_id__in=partner_ids)
        is_open = Q(quantity__gt=F("fulfilled_quantity") + F("cancelled_quantity"))
        of_this = own.filter(order=OuterRef("pk"))
        return (
            self.filter(Exists(of_this))
            .annotate(has_open_lines=Exists(of_this.filter(is_open)))
            .prefetch_related(
                Prefetch("lines", own),
                Prefetch("shipments", own_shipments.prefetch_related("lines")),
            )
        )

    def with_open_lines(self) -> Self:
        """Keep orders of which partners have something to ship; after for_partners."""
        return self.filter(Q(("has_open_lines", True)))  # an annotation's name

    def may_ship(self) -> Self:
        """Keep orders whose goods may leave: paid, promised, or paid afterwards."""
        secured = ("authorized", "paid", "partly_refunded")
        return self.filter(
            Q(needs_prepayment=False) | Q(payment_status__in=secured),
            cancelled_at__isnull=True,
        )

    def _public_events(self) -> Prefetch[str]:
        events: Any = self.model.events.rel.related_model
        return Prefetch("events", events.objects.filter(is_public=True))
