"""How payments and refunds are found and locked."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q

if TYPE_CHECKING:
    from payments.models import Payment, PaymentEvent, Refund  # noqa: F401 - in a string


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Payments by order, by state and by what is due."""

    def of_orders(self, orders: Collection[UUID]) -> Self:
        """Keep the payments of some orders, the oldest of each first."""
        return self.filter(order__in=orders).order_by("pk")

    def lock_of_order(self, order: UUID) -> "list[Payment]":
        """Lock every payment of an order by ascending key; 1 query.

        All of them, because what one has received decides what the others may.
        """
        return list(self.of_orders([order]).select_for_update())

    def of_reference(self, provider: str, reference: str) -> Self:
        """Keep the one payment a provider knows by this reference."""
        return self.filter(provider=provider, reference=reference)

    def startable(self) -> Self:
        """Keep those a buyer may still pay by."""
        return self.filter(status__in=("pending", "failed"), wanted_order__isnull=False)

    def due(self, now: datetime) -> Self:
        """Keep those the sweeper should ask about, the longest waiting first."""
        return self.filter(next_check_at__lte=now).order_by("next_check_at", "pk")

    def open_or_since(self, moment: datetime) -> Self:
        """Keep what may still move, and what was made since a moment."""
        is_open = Q(status__in=("pending", "authorized"))
        return self.filter(is_open | Q(created_at__gte=moment)).order_by("pk")

    def reserve_refund(self, key: int, amount: Decimal) -> bool:
        """Promise a part of one payment to a refund, if that much is left of it."""
        left = F("captured_amount") - F("refunded_amount") - F("refunding_amount")
        with_enough = self.alias(left=left).filter(pk=key, left__gte=amount)
        return bool(with_enough.update(refunding_amount=F("refunding_amount") + amount))


class PaymentEventQuerySet(models.QuerySet["PaymentEvent"]):
    """Rows of the ledger."""

    def is_known(self, provider: str, event_id: str) -> bool:
        """Tell whether a provider's event has been recorded."""
        return self.filter(provider=provider, provider_event_id=event_id).exists()


class RefundQuerySet(models.QuerySet["Refund"]):
    """Refunds by their cause and by order."""

    def of_orders(self, orders: Collection[UUID]) -> Self:
        """Keep the refunds of some orders, the oldest first."""
        return self.filter(payment__order__in=orders).order_by("pk")

    def of_source(self, order: UUID, source: str) -> Self:
        """Keep what one cause has made be paid back."""
        return self.of_orders([order]).filter(source=source)
