"""Counting days anew, and storing what came out."""

from collections.abc import Collection
from datetime import date
from functools import partial

from custom.locks import lock_named
from custom.transactions import run_in_transaction, transactional
from stats.days import month_of
from stats.models import BasketDay, OfferDay, OfferMonth, PartnerDay, SalesDay, StaleDay
from stats.selectors.ledgers import count_baskets, count_day
from stats.selectors.spans import ledger_days, open_basket_days, sum_offers
from stats.services.storing import store


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


def rebuild() -> int:
    """Count every day anew from the ledgers; return how many days.

    Days whose baskets may have been purged keep what was counted of them.
    """
    days = ledger_days()
    run_in_transaction(partial(StaleDay.objects.mark, days), replayable=True)
    count_open_baskets()
    for month in sorted(set(map(month_of, days))):
        work = partial(_refresh_month, month, is_whole=True)
        run_in_transaction(work, replayable=True)
    return len(days)


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


def _refresh_month(month: date, *, is_whole: bool = False) -> int:
    """Count the marked days of a month, and the month; one process at a time.

    A day's mark is read before its ledgers and taken off only if it is still the same,
    so what is committed meanwhile is counted next time.

    Args:
        month: Its first day.
        is_whole: Sum up what has not changed, too.
    """
    lock_named(f"stats.{month:%Y-%m}")
    marks = list(StaleDay.objects.within(month))
    records: set[int] = set()
    for mark in marks:
        records |= _store_day(mark.day)
    _store_month(month, None if is_whole else records)
    StaleDay.objects.unmark(marks)
    return len(marks)


def _store_day(day: date) -> set[int]:
    """Store a day as the ledgers have it; return the stock records that changed."""
    figures = count_day(day)
    store(SalesDay.objects.filter(day=day), figures.sales, day=day)
    store(PartnerDay.objects.filter(day=day), figures.partners, day=day)
    changed = store(OfferDay.objects.filter(day=day), figures.offers, day=day)
    return {int(key[-1]) for key in changed}


def _store_month(month: date, records: Collection[int] | None) -> None:
    """Sum the days of a month for some stock records; None: for all."""
    stored = OfferMonth.objects.filter(month=month)
    if records is not None:
        stored = stored.filter(stock_record_id__in=records)
    store(stored, sum_offers(month, records), month=month)
