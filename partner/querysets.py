"""Every filter, join, lock and counter update of partners and stock, by name."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from custom.expressions import ByKey
from custom.fields import MoneyField
from custom.prepared_writes import Change

if TYPE_CHECKING:
    from partner.models import (  # noqa: F401 - in strings
        Partner,
        PartnerMember,
        StockLevel,
        StockMovement,
        StockPrice,
        StockRecord,
    )


class PartnerQuerySet(models.QuerySet["Partner"]):
    """Who sells and ships."""

    def active(self) -> Self:
        """Keep partners whose offers may be sold."""
        return self.filter(is_active=True)

    def find(self, key: str) -> Self:
        """Keep the partner of an id (digits only) or a code."""
        if key.isascii() and key.isdigit():
            return self.filter(pk=key) if len(key) < len(str(2**63)) else self.none()
        return self.filter(code=key)


class PartnerMemberQuerySet(models.QuerySet["PartnerMember"]):
    """Who works for whom."""

    def of_user(self, user_id: int) -> Self:
        """Keep what a user works for, with the partners loaded, by name."""
        mine = self.filter(user=user_id).select_related("partner")
        return mine.order_by("partner__name", "partner")

    def managers_of(self, partner_id: int) -> Self:
        """Keep who manages a partner and may sign in, with their accounts loaded."""
        managers = self.filter(partner=partner_id, role="manager", user__is_active=True)
        return managers.select_related("user").order_by("pk")


class StockRecordQuerySet(models.QuerySet["StockRecord"]):
    """What partners ask for variants."""

    def offered(self, currency: str) -> Self:
        """Keep records the shop may sell from: active partner, right currency."""
        return self.filter(
            currency=currency, partner__is_active=True, level__isnull=False
        )

    def of_partners(self, partner_ids: Iterable[int]) -> Self:
        """Keep the records of some partners."""
        return self.filter(partner__in=list(partner_ids))

    def for_partner_pages(self) -> Self:
        """Load what a partner sees of its records; 1 query."""
        return self.select_related("level", "variant__product")

    def with_free_units(self) -> Self:
        """Keep records of which a unit is not promised."""
        return self.filter(level__num_in_stock__gt=F("level__num_allocated"))

    def low(self) -> Self:
        """Keep records whose free units are at or below their threshold."""
        promised_and_kept = F("level__num_allocated") + F("low_stock_threshold")
        return self.filter(level__num_in_stock__lte=promised_and_kept)

    def reprice(self, prices: Mapping[int, Decimal]) -> int:
        """Set the price of each record of the keys, in one UPDATE."""
        return self.filter(pk__in=sorted(prices)).update(
            price=ByKey(prices, output_field=MoneyField()),
            version=F("version") + 1,
            updated_at=timezone.now(),
        )

    def lock(self, pks: Iterable[int]) -> "list[StockRecord]":
        """Read the rows of the keys under exclusive locks, in key order."""
        found = self.filter(pk__in=list(pks)).order_by("pk")
        return list(found.select_for_update())


class StockLevelQuerySet(models.QuerySet["StockLevel"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def lock(self, pks: Iterable[int]) -> "list[StockLevel]":
        """Read the rows of the keys under exclusive locks, in key order."""
        found = self.filter(pk__in=list(pks)).order_by("pk")
        return list(found.select_for_update())

    def allocate(self, records: Sequence[int], units: Sequence[int]) -> Change:
        """Promise units from every level that has enough, in one UPDATE.

        This and the next three tell ``PreparedUpdate`` what to write. The caller
        raises when fewer levels are changed than are named, which undoes all.

        Args:
            records: Ids of stock records, ascending, each once.
            units: Of each, at least 1.
        """
        own = _units(dict(zip(records, units, strict=True)))
        enough = Q(backorder=True) | Q(num_in_stock__gte=F("num_allocated") + own)
        return self._of(records).filter(enough), {
            "num_allocated": F("num_allocated") + own,
            "version": F("version") + 1,
        }

    def release(self, records: Sequence[int], units: Sequence[int]) -> Change:
        """Take promises back from every level that has made as many."""
        own = _units(dict(zip(records, units, strict=True)))
        return self._of(records).filter(num_allocated__gte=own), {
            "num_allocated": F("num_allocated") - own,
            "version": F("version") + 1,
        }

    def ship(self, records: Sequence[int], units: Sequence[int]) -> Change:
        """Let promised units leave every level that has as many."""
        own = _units(dict(zip(records, units, strict=True)))
        there = self._of(records).filter(num_allocated__gte=own, num_in_stock__gte=own)
        return there, {
            "num_in_stock": F("num_in_stock") - own,
            "num_allocated": F("num_allocated") - own,
            "version": F("version") + 1,
        }

    def put_back(self, records: Sequence[int], units: Sequence[int]) -> Change:
        """Add units to every level."""
        own = _units(dict(zip(records, units, strict=True)))
        return self._of(records), {
            "num_in_stock": F("num_in_stock") + own,
            "version": F("version") + 1,
        }

    def move(self, in_stock: Mapping[int, int], allocated: Mapping[int, int]) -> int:
        """Add to what is in stock and promised, unasked; both have the same keys."""
        return self._of(in_stock).update(
            num_in_stock=F("num_in_stock") + _units(in_stock),
            num_allocated=F("num_allocated") + _units(allocated),
            version=F("version") + 1,
        )

    def _of(self, records: Iterable[int]) -> Self:
        """Keep the levels of the keys; an UPDATE locks them in key order."""
        return self.filter(pk__in=sorted(records)).order_by("pk")


def _units(quantities: Mapping[int, int]) -> ByKey:
    """Return SQL for the row's own number of units."""
    return ByKey(quantities, output_field=models.IntegerField())


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """The ledger of stock."""


class StockPriceQuerySet(models.QuerySet["StockPrice"]):
    """What stock records asked, and when."""

    def open(self) -> Self:
        """Keep present prices."""
        return self.filter(valid_until__isnull=True)

    def valid_since(self, moment: datetime) -> Self:
        """Keep prices that were asked at a moment or after it."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=moment))
