"""Spans of days, what comes before them, and what they are cut into."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from stats.days import DAY, month_of, next_month

FEBRUARY, LEAP_DAY = 2, 29


class Step(StrEnum):
    """What a period is cut into; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        """Return how many days there are."""
        return (self.until - self.since).days + 1

    @property
    def before(self) -> "Period":
        """Return as many days right before; of whole months, as many months."""
        last = self.since - DAY
        if not self._is_months:
            return Period(self.since - self.days * DAY, last)
        months = (
            12 * (self.until.year - self.since.year)
            + self.until.month
            - self.since.month
            + 1
        )
        first = self.since
        for _ in range(months):
            first = month_of(first - DAY)
        return Period(first, last)

    @property
    def year_ago(self) -> "Period":
        """Return the same dates of the year before; 28 for 29 February."""
        if self._is_months:
            first = _year_before(self.since)
            return Period(first, next_month(_year_before(month_of(self.until))) - DAY)
        return Period(_year_before(self.since), _year_before(self.until))

    @property
    def _is_months(self) -> bool:
        """Tell whether these are whole months."""
        return self.since.day == 1 and (self.until + DAY).day == 1

    def cut(self, step: Step) -> Iterator["Period"]:
        """Yield the days, weeks or months, the first and last as far as they reach."""
        first = self.since
        while first <= self.until:
            last = min(_end_of(first, step), self.until)
            yield Period(first, last)
            first = last + DAY

    def split(self) -> tuple[list["Period"], "Period | None"]:
        """Return the days around the whole months within, and those months."""
        is_first = self.since.day == 1
        first = self.since if is_first else next_month(self.since)
        after = month_of(self.until + DAY)
        if first >= after:
            return [self], None
        edges = []
        if self.since < first:
            edges.append(Period(self.since, first - DAY))
        if after <= self.until:
            edges.append(Period(after, self.until))
        return edges, Period(first, after - DAY)


def _year_before(day: date) -> date:
    """Return the same date of the year before."""
    is_leap = (day.month, day.day) == (FEBRUARY, LEAP_DAY)
    return day.replace(year=day.year - 1, day=day.day - 1 if is_leap else day.day)


def _end_of(day: date, step: Step) -> date:
    """Return the last day of the day's own step."""
    if step is Step.DAY:
        return day
    if step is Step.WEEK:
        return day + (6 - day.weekday()) * DAY
    return next_month(day) - DAY
