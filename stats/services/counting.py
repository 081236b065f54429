"""Counting days anew, and storing what came out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial

from custom.locks import lock_named
from custom.transactions import run_in_transaction, transactional
from stats.days import month_of
from stats.models import BasketDay, OfferDay, OfferMonth, PartnerDay, SalesDay, StaleDay
from stats.selectors.ledgers import (
    count_baskets,
    count_but_ordered_offers,
    count_day,
    ordered_offers,
)
from stats.selectors.spans import (
    ledger_days,
    offer_sums,
    open_basket_days,
    sum_offers,
)
from stats.services.storing import put, replace, store


def refresh() -> int:
    """Count every marked day anew, a month in each transaction; return how many days.

    What was marked before this call is counted when it returns, by this process or by
    another.
    """
    marked = StaleDay.objects.values_list("day", flat=True)
    months = sorted({month_of(day) for day in marked})
    return sum(
        run_in_transaction(partial(_refresh_month, month), replayable=True)
        for month in months
    )


def rebuild(*, goes_on: bool = False) -> Iterator[tuple[date, int]]:
    """Count every day anew from the ledgers, a month in each transaction.

    Days whose baskets may have been purged keep what was counted of them.

    Args:
        goes_on: An earlier one has ended too soon: count what it has left.

    Yields:
        Each month that is done, and how many of its days were counted.
    """
    days = ledger_days()
    if not goes_on:
        run_in_transaction(partial(StaleDay.objects.mark, days), replayable=True)
    count_open_baskets()
    for month in sorted(set(map(month_of, days))):
        work = partial(_rebuild_month, month)
        yield month, run_in_transaction(work, replayable=True)


@transactional
def count_open_baskets() -> int:
    """Count the baskets of every day anew whose baskets are all there; count days."""
    lock_named("stats.baskets")
    rows = [BasketDay(day=day, **count_baskets(day)) for day in open_basket_days()]
    BasketDay.objects.put([row for row in rows if row.opened])
    BasketDay.objects.filter(
        day__in=[row.day for row in rows if not row.opened]
    ).delete()
    return len(rows)


@transactional
def keep_basket_counts(counts: Mapping[date, tuple[int, int]]) -> int:
    """Take over what was counted of days whose baskets are gone; count days.

    Days whose baskets are all there are counted from these instead.

    Args:
        counts: Day -> baskets opened on it, and how many of these were ordered.
    """
    lock_named("stats.baskets")
    here = set(open_basket_days())
    rows = [
        BasketDay(day=day, opened=opened, ordered=ordered)
        for day, (opened, ordered) in sorted(counts.items())
        if day not in here
    ]
    BasketDay.objects.put(rows)
    return len(rows)


def _refresh_month(month: date) -> int:
    """Count the marked days of a month, and what of the month they change."""
    with _marked_days(month) as days:
        records: set[int] = set()
        for day in days:
            records |= _store_day(day)
        sums = sum_offers(month, records)
        stored = OfferMonth.objects.filter(month=month, stock_record_id__in=records)
        store(stored, sums, month=month)
    return len(days)


def _rebuild_month(month: date) -> int:
    """Put the marked days of a month, and the whole month, in place of what is there.

    What is ordered never comes into Python: many days go many times as fast.
    """
    with _marked_days(month) as days:
        for day in days:
            figures = count_but_ordered_offers(day)
            store(SalesDay.objects.filter(day=day), figures.sales, day=day)
            store(PartnerDay.objects.filter(day=day), figures.partners, day=day)
            replace(OfferDay.objects.filter(day=day), ordered_offers(day), day=day)
            put(OfferDay, figures.offers, ("units_back", "goods_back"), day=day)
        replace(OfferMonth.objects.filter(month=month), offer_sums(month), month=month)
    return len(days)


@contextmanager
def _marked_days(month: date) -> Iterator[list[date]]:
    """Unmark the days of a month once they are counted; one process at a time.

    A day's mark is read before its ledgers and taken off only if it is still the same,
    so what is committed meanwhile is counted next time.
    """
    lock_named(f"stats.{month:%Y-%m}")
    marks = list(StaleDay.objects.within(month))
    yield [mark.day for mark in marks]
    StaleDay.objects.unmark(marks)


def _store_day(day: date) -> set[int]:
    """Store a day as the ledgers have it; return the stock records that changed."""
    figures = count_day(day)
    store(SalesDay.objects.filter(day=day), figures.sales, day=day)
    store(PartnerDay.objects.filter(day=day), figures.partners, day=day)
    changed = store(OfferDay.objects.filter(day=day), figures.offers, day=day)
    return {int(key[-1]) for key in changed}
