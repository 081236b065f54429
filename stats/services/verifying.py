"""Proof that summaries say what the ledgers say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from stats.days import month_of
from stats.models import BasketDay, OfferDay, OfferMonth, PartnerDay, SalesDay
from stats.selectors.ledgers import count_baskets, count_day
from stats.selectors.spans import ledger_days, open_basket_days, sum_offers
from stats.services.storing import Difference, differences


@dataclass(frozen=True, slots=True)
class Drift:
    """A stored row that is not what its ledgers say.

    Attributes:
        table: Of the row, for people.
        when: Its day, or the first day of its month.
        found: What it says, and what it should.
    """

    table: str
    when: date
    found: Difference


def find_drift() -> Iterator[Drift]:
    """Yield every row that differs from a rebuilt one; changes nothing.

    Orders that come in meanwhile show as differences of today: ask again later.
    """
    days = ledger_days()
    for day in days:
        figures = count_day(day)
        for model, rows in (
            (SalesDay, figures.sales),
            (PartnerDay, figures.partners),
            (OfferDay, figures.offers),
        ):
            stored = model.objects.filter(day=day)
            for found in differences(stored, rows):
                yield Drift(model.__name__, day, found)
    for month in sorted(set(map(month_of, days))):
        stored_months = OfferMonth.objects.filter(month=month)
        for found in differences(stored_months, sum_offers(month)):
            yield Drift(OfferMonth.__name__, month, found)
    yield from _basket_drift()


def _basket_drift() -> Iterator[Drift]:
    """Yield days whose baskets are all there and are not as they were counted."""
    days = open_basket_days()
    stored = BasketDay.objects.in_bulk(days)
    for day in days:
        counted = count_baskets(day)
        row = stored.get(day)
        kept = {"opened": row.opened, "ordered": row.ordered} if row else {}
        if (kept or {"opened": 0, "ordered": 0}) != counted:
            yield Drift(BasketDay.__name__, day, Difference((), kept, counted, None))
