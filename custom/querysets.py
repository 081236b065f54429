"""How rows of the kernel are found."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count, F, Min, Q

if TYPE_CHECKING:
    from custom.models import IdempotencyKey, OutboxMessage  # noqa: F401 - in a string


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    """Keys by owner and by age."""

    def of_request(self, caller: str, endpoint: str, key_digest: str) -> Self:
        """Keep the one row of a request, if it is there."""
        return self.filter(caller=caller, endpoint=endpoint, key_digest=key_digest)

    def created_before(self, moment: datetime) -> Self:
        """Keep keys whose promise has ended."""
        return self.filter(created_at__lt=moment)


class KeptAnswerQuerySet(models.QuerySet[Any]):
    """Answers by age."""

    def created_before(self, moment: datetime) -> Self:
        """Keep those that nobody can ask for again."""
        return self.filter(created_at__lt=moment)


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Messages by what may be done with them."""

    def pending(self) -> Self:
        """Keep what has neither happened nor been parked."""
        return self.filter(state="pending")

    def due(self, now: datetime) -> Self:
        """Keep what should be rung for at this moment, oldest first."""
        return self.pending().filter(next_at__lte=now).order_by("next_at", "pk")

    def unclaimed(self, now: datetime) -> Self:
        """Keep what no consumer works on, or whose consumer has been gone too long."""
        return self.pending().filter(
            Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
        )

    def held(self, pk: int, consumer: str) -> Self:
        """Keep one message while this consumer is the last that took it."""
        return self.pending().filter(pk=pk, claimed_by=consumer)

    def done_before(self, moment: datetime) -> Self:
        """Keep what happened before this moment."""
        return self.filter(state="done", done_at__lt=moment)

    def resendable(self, now: datetime) -> Self:
        """Keep what is parked, or waits for another attempt in nobody's hands."""
        waits = Q(state="pending") & (
            Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
        )
        return self.filter(Q(state="dead") | waits)

    def renew(self, now: datetime) -> int:
        """Make the messages as due as new ones, their last error kept; count them."""
        return self.update(
            state="pending",
            attempts=0,
            next_at=now,
            claimed_by="",
            claimed_until=None,
        )

    def backlog(self) -> dict[str, Any]:
        """Return ``pending, oldest, first_due, parked``: numbers and moments."""
        is_pending = Q(state="pending")
        return self.filter(state__in=("pending", "dead")).aggregate(
            pending=Count("pk", filter=is_pending),
            oldest=Min("created_at", filter=is_pending),
            first_due=Min("next_at", filter=is_pending),
            parked=Count("pk", filter=Q(state="dead")),
        )

    def claim(self, consumer: str, *, now: datetime, until: datetime) -> int:
        """Count an attempt and take the messages for one consumer, in one UPDATE.

        Returns:
            Number of messages taken; the others belong to somebody else.
        """
        return self.unclaimed(now).update(
            attempts=F("attempts") + 1,
            claimed_by=consumer,
            claimed_until=until,
            next_at=until,
        )
