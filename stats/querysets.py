"""How summaries are narrowed and summed, by name."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models
from django.db.models import Sum

from stats.days import next_month

if TYPE_CHECKING:
    from stats.models import (  # noqa: F401 - in strings
        BasketDay,
        OfferDay,
        OfferMonth,
        PartnerDay,
        SalesDay,
        StaleDay,
    )

M = TypeVar("M", bound=models.Model)


class _SoldQuerySet(models.QuerySet[M]):
    """Rows that hold measures."""

    def sums(self, *keys: str) -> Iterator[dict[str, Any]]:
        """Yield keys and sums of the measures for each combination of keys; 1 query."""
        measures: tuple[str, ...] = self.model.measures  # type: ignore[attr-defined]
        sums = (Sum(name) for name in measures)
        for row in self.order_by().values_list(*keys).annotate(*sums):
            yield dict(zip((*keys, *measures), row, strict=True))


class _DaysQuerySet(_SoldQuerySet[M]):
    """Rows that are of a day each."""

    def between(self, since: date, until: date) -> Self:
        """Keep the days from the first to the last, both included."""
        return self.filter(day__gte=since, day__lte=until)


class SalesDayQuerySet(_DaysQuerySet["SalesDay"]):
    """Days of the whole shop."""


class PartnerDayQuerySet(_DaysQuerySet["PartnerDay"]):
    """Days of partners."""

    def visible_to(self, partner_ids: Collection[int] | None) -> Self:
        """Keep what somebody may see: some partners' rows; None: everybody's."""
        return self if partner_ids is None else self.filter(partner_id__in=partner_ids)


class OfferDayQuerySet(_DaysQuerySet["OfferDay"]):
    """Days of stock records."""


class OfferMonthQuerySet(_SoldQuerySet["OfferMonth"]):
    """Months of stock records."""

    def between(self, since: date, until: date) -> Self:
        """Keep the months from the first to the last, both included."""
        return self.filter(month__gte=since, month__lte=until)


class BasketDayQuerySet(models.QuerySet["BasketDay"]):
    """Days of baskets."""

    def between(self, since: date, until: date) -> Self:
        """Keep the days from the first to the last, both included."""
        return self.filter(day__gte=since, day__lte=until)

    def put(self, rows: "Collection[BasketDay]") -> None:
        """Store days, in place of those there are; at most 1 statement."""
        if rows:
            fields = ["opened", "ordered"]
            self.bulk_create(rows, update_conflicts=True, update_fields=fields)


class StaleDayQuerySet(models.QuerySet["StaleDay"]):
    """Days that are to be counted again."""

    def within(self, month: date) -> Self:
        """Keep the days of one month, in order."""
        return self.filter(day__gte=month, day__lt=next_month(month)).order_by("day")

    def mark(self, days: Iterable[date]) -> None:
        """Have days counted again; 1 statement, and none for none."""
        marks = [self.model(day=day) for day in sorted(set(days))]
        if marks:
            self.bulk_create(marks, update_conflicts=True, update_fields=["mark"])

    def unmark(self, counted: "Iterable[StaleDay]") -> None:
        """Take days off that were not marked again since they were read."""
        for each in counted:
            self.filter(pk=each.pk, mark=each.mark).delete()
