"""What templates of the admin need beside Django's own tags."""

import calendar
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.utils import timezone
from django.utils.dates import MONTHS

from custom.money import format_money

register = template.Library()
Choice = dict[str, Any]
PARTS = ("year", "month", "day")


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency's places and code."""
    return f"{format_money(amount, currency)} {currency}"


@register.inclusion_tag("admin/date_hierarchy.html")
def date_steps(changes: ChangeList) -> dict[str, Any]:
    """Lead from years to months to days, by the calendar instead of the rows.

    Django's own tag reads every row to leave out days without one; this asks for the
    first and the last moment alone, each the end of an index: at most 2 queries.
    """
    name = changes.date_hierarchy
    year, month, day = (_number(changes, f"{name}__{part}") for part in PARTS)
    if year and month:
        days = [day] if day else range(1, calendar.monthrange(year, month)[1] + 1)
        choices = [
            _choice(changes, f"{MONTHS[month]} {each}", year, month, each)
            for each in days
        ]
        back = _choice(changes, str(year), year)
        if day:
            back = _choice(changes, f"{MONTHS[month]} {year}", year, month)
        return {"show": True, "back": back, "choices": choices}
    if year:
        choices = [
            _choice(changes, f"{title} {year}", year, number)
            for number, title in MONTHS.items()
        ]
        back = _choice(changes, "All dates")
        return {"show": True, "back": back, "choices": choices}
    return {
        "show": True,
        "choices": [_choice(changes, str(each), each) for each in _years(changes)],
    }


def _years(changes: ChangeList) -> Iterable[int]:
    """Name every year from the first row's to the last one's."""
    name = changes.date_hierarchy
    moments = changes.root_queryset.values_list(name, flat=True)
    first, last = (moments.order_by(order).first() for order in (name, f"-{name}"))
    if first is None or last is None:
        return ()
    return range(timezone.localtime(first).year, timezone.localtime(last).year + 1)


def _choice(changes: ChangeList, title: str, *parts: int) -> Choice:
    """Return a link to one year, month or day; to all without any."""
    name = changes.date_hierarchy
    named = dict(
        zip(
            (f"{name}__{each}" for each in ("year", "month", "day")),
            parts,
            strict=False,
        )
    )
    link = changes.get_query_string(named, [f"{name}__"])
    return {"link": link, "title": title}


def _number(changes: ChangeList, name: str) -> int | None:
    value = changes.params.get(name, "")
    return int(value) if value.isdecimal() else None
