"""How orders are found."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from orders.models import Order  # noqa: F401 - in a string
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
        """Load what one whole order shows: 3 queries."""
        return self.for_list().prefetch_related("events")
