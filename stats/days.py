"""Days and months as the shop's clocks have them; some days have 23 or 25 hours."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

DAY = timedelta(days=1)


def shop_zone() -> ZoneInfo:
    """Return the time zone in which the shop's days begin."""
    return ZoneInfo(settings.SHOP_TIME_ZONE)


def day_of(moment: datetime) -> date:
    """Return the shop's day of an aware moment."""
    return moment.astimezone(shop_zone()).date()


def start_of(day: date) -> datetime:
    """Return the first moment of a day, in UTC.

    Where clocks skip midnight the day begins when they do; where midnight comes twice,
    with the first.
    """
    return datetime.combine(day, time.min, shop_zone()).astimezone(UTC)


def bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first moment of a day and of the next one, in UTC."""
    return start_of(day), start_of(day + DAY)


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after that of a day."""
    return month_of(month_of(month) + 31 * DAY)


def days_between(since: date, until: date) -> Iterator[date]:
    """Yield every day from the first to the last, both included."""
    for number in range((until - since).days + 1):
        yield since + number * DAY
