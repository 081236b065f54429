"""How orders are found."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q

from custom.rows import as_rows

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from orders.models import Order
    from users.models import User

NEWEST_FIRST = ("-placed_at", "-pk")  # the order of a history


class BoughtLine(NamedTuple):
    """What the history shows of a line, and its place; the currency is the order's."""

    currency: str
    order_id: int
    position: int
    product_id: int
    variant_id: int
    sku: str
    title: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal


class OrderColumns(NamedTuple):
    """What the history shows of an order's own row."""

    pk: int
    number: str
    status: str
    payment_status: str
    fulfilment_status: str
    placed_at: datetime
    total_amount: Decimal
    discount_amount: Decimal
    currency: str


class OrderRow(OrderColumns):
    """An order of the history, with its lines if they are read."""

    bought: list[BoughtLine]

    @property
    def line_count(self) -> int:
        """Return the number of lines."""
        return len(self.bought)


class OrderQuerySet(models.QuerySet["Order"]):
    """Every method returns a new, still lazy queryset."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Keep the orders of a signed-in user; none for anybody else."""
        return self.filter(user_id=user.pk) if user.is_authenticated else self.none()

    def for_guests(self) -> Self:
        """Keep the orders that belong to no account."""
        return self.filter(user__isnull=True)

    def placed_as_guest(self, email: str) -> Self:
        """Keep guests' orders whose address the database takes for this one.

        It takes more for equal than ``users.emails.is_same_mailbox`` does, such as
        letters with and without accents: the caller compares again.
        """
        return self.for_guests().filter(guest_email=email)

    def under_way(self) -> Self:
        """Keep orders whose goods or money are still to move."""
        status = self.model.Status
        return self.filter(status__in=(status.PENDING, status.CONFIRMED))

    def telling_before(self, moment: datetime) -> Self:
        """Keep orders of before a moment that say who bought and are over."""
        telling = self.filter(erased_at__isnull=True, placed_at__lt=moment)
        status = self.model.Status
        return telling.exclude(status__in=(status.PENDING, status.CONFIRMED))

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

    def history_of(self, user: int) -> "models.QuerySet[Order, OrderRow]":
        """Read an account's orders, the newest first, without their lines."""
        own = self.filter(user=user).order_by(*NEWEST_FIRST)
        return as_rows(own, OrderRow)

    def for_detail(
        self, parts: Collection[str] = ("lines", "events", "shipments")
    ) -> Self:
        """Load what one whole order shows but its money: at most 5 queries.

        Args:
            parts: Which of its relations are shown.
        """
        shipments: Any = self.model.shipments.rel.related_model
        loads = {
            "lines": Prefetch("lines"),
            "events": self._public_events(),
            "shipments": Prefetch(
                "shipments", shipments.objects.prefetch_related("lines")
            ),
        }
        return self.prefetch_related(*(loads[part] for part in parts))

    def for_placed(self) -> Self:
        """Load what an order placed just now shows: 3 queries, none for shipments."""
        shipments: Any = self.model.shipments.rel.related_model
        return self.prefetch_related(
            "lines",
            self._public_events(),
            Prefetch("shipments", shipments.objects.none()),
        )

    def for_partners(
        self,
        partner_ids: Collection[int],
        parts: Collection[str] = ("lines", "shipments"),
    ) -> Self:
        """Keep orders with lines of some partners, with what these may see; 4 queries.

        ``lines`` and ``shipments``, or which of them are ``parts``, then hold theirs
        alone; ``has_open_lines`` tells whether some of them are still to be shipped.
        """
        lines: Any = self.model.lines.rel.related_model
        shipments: Any = self.model.shipments.rel.related_model
        own = lines.objects.filter(partner_id__in=partner_ids)
        own_shipments = shipments.objects.filter(partner_id__in=partner_ids)
        is_open = Q(quantity__gt=F("fulfilled_quantity") + F("cancelled_quantity"))
        of_this = own.filter(order=OuterRef("pk"))
        loads = {
            "lines": Prefetch("lines", own),
            "shipments": Prefetch("shipments", own_shipments.prefetch_related("lines")),
        }
        return (
            self.filter(Exists(of_this))
            .annotate(has_open_lines=Exists(of_this.filter(is_open)))
            .prefetch_related(*(loads[part] for part in parts))
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
