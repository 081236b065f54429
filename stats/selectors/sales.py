"""Reads of summaries: what was sold in a period, by whom, of what."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Sum

from catalogue.models import Category, Product
from stats.days import days_between
from stats.models import (
    BasketDay,
    OfferDay,
    OfferMonth,
    PartnerDay,
    SalesDay,
    SoldGoods,
)
from stats.periods import Period, Step
from stats.selectors.ledgers import Row

InCategory = Product.categories.through


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a report is about.

    Attributes:
        category: What is sold in it or below it; None: everything.
        partner_id: Whose sales; None: the whole shop's.
    """

    period: Period
    step: Step
    currency: str
    category: Category | None = None
    partner_id: int | None = None

    @cached_property
    def product_ids(self) -> list[int] | None:
        """Return the products of the category; None for all of the shop's; 1 query.

        As numbers they let the database find days of products in one index; of a
        subquery's products it would read all days there are.
        """
        if self.category is None:
            return None
        below = self.category.get_descendants(include_self=True)
        held = InCategory.objects.filter(category__in=below)
        return sorted(set(held.values_list("product_id", flat=True)))

    @property
    def model(self) -> type[SoldGoods]:
        """Return the summary that is narrow enough; it says which figures there are."""
        if self.category is not None:
            return OfferDay
        return SalesDay if self.partner_id is None else PartnerDay


@dataclass(frozen=True, slots=True)
class Sales:
    """A period's days, and what they are compared with.

    Attributes:
        cut: Each day, week or month with its sums.
        now: Sums of the period.
        before: Sums of the span right before.
        year_ago: Sums of the same dates a year before.
    """

    cut: list[tuple[Period, Row]]
    now: Row
    before: Row
    year_ago: Row


def sales_of(scope: Scope) -> Sales:
    """Return what was sold, step by step and compared.

    3 queries; up to 10 for a category, whose whole months have a table of their own.
    """
    period = scope.period
    days = _by_day(scope)
    spans = {span: _sum_of(scope, span) for span in {period.before, period.year_ago}}
    return Sales(
        cut=[(part, _add(days, part)) for part in period.cut(scope.step)],
        now=_sum_up(days.values()),
        before=spans[period.before],
        year_ago=spans[period.year_ago],
    )


def sales_by_currency(period: Period) -> dict[str, Row]:
    """Return the whole shop's sales of a period in each currency; 1 query."""
    days = SalesDay.objects.between(period.since, period.until)
    return {row.pop("currency"): Row(row) for row in days.sums("currency")}


def sales_by_partner(scope: Scope) -> dict[int, Row]:
    """Return each partner's sales of a period; 1 query."""
    days = PartnerDay.objects.between(scope.period.since, scope.period.until)
    rows = days.filter(currency=scope.currency).sums("partner_id")
    return {row.pop("partner_id"): Row(row) for row in rows}


def sales_by_product(scope: Scope) -> dict[int, Row]:
    """Return what was sold of each product; at most 3 queries."""
    found: dict[int, Row] = defaultdict(Row)
    for part in _offers(scope.period):
        # Grouped by the product alone, the database would scan its index for the order.
        for row in _narrow(part, scope).sums("stock_record_id", "product_id"):
            del row["stock_record_id"]
            found[row.pop("product_id")].add_all(row)
    return found


def sales_by_category(
    products: Mapping[int, Row], shown: Iterable[Category]
) -> list[tuple[Category, Row]]:
    """Put what was sold of products into categories and all above; 1 query.

    Args:
        products: Product id -> sums.
        shown: Categories to tell of; each holds every product in it or below it once.
    """
    held: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for product, tree, left in InCategory.objects.values_list(
        "product_id", "category__tree_id", "category__lft"
    ):
        held[tree].append((left, product))
    return [
        (category, _sum_up(products[pk] for pk in within if pk in products))
        for category in shown
        for within in [_within(category, held[category.tree_id])]
    ]


def baskets_of(period: Period) -> tuple[int, int]:
    """Return how many baskets were opened, and became an order; 1 query."""
    days = BasketDay.objects.between(period.since, period.until)
    sums = days.aggregate(opened=Sum("opened"), ordered=Sum("ordered"))
    return sums["opened"] or 0, sums["ordered"] or 0


def _by_day(scope: Scope) -> dict[date, Row]:
    """Return the days on which something happened; 1 query.

    By month a whole month of a category is its first day; up to 3 queries.
    """
    parts = [_days(scope.model, scope.period)]
    if scope.model is OfferDay and scope.step is Step.MONTH:
        parts = _offers(scope.period)
    return {
        row.pop(key): Row(row)
        for part in parts
        for key in ["month" if part.model is OfferMonth else "day"]
        for row in _narrow(part, scope).sums(key)
    }


def _sum_of(scope: Scope, span: Period) -> Row:
    """Return the sums of another span; 1 query, up to 3 for a category."""
    is_of_offers = scope.model is OfferDay
    parts = _offers(span) if is_of_offers else [_days(scope.model, span)]
    # Of one currency there is one row at most.
    rows = [row for part in parts for row in _narrow(part, scope).sums("currency")]
    for row in rows:
        del row["currency"]
    return _sum_up(map(Row, rows))


def _days(model: Any, span: Period) -> Any:  # noqa: ANN401 - any summary of days
    return model.objects.between(span.since, span.until)


def _offers(span: Period) -> list[Any]:
    """Return what holds the stock records of a span: days around whole months."""
    edges, months = span.split()
    parts = [_days(OfferDay, edge) for edge in edges]
    return parts if months is None else [*parts, _days(OfferMonth, months)]


def _narrow(rows: Any, scope: Scope) -> Any:  # noqa: ANN401 - a summary's queryset
    """Keep rows of a scope's currency, partner and category."""
    rows = rows.filter(currency=scope.currency)
    if scope.partner_id is not None:
        rows = rows.filter(partner_id=scope.partner_id)
    if scope.product_ids is not None:
        rows = rows.filter(product_id__in=scope.product_ids)
    return rows


def _add(days: Mapping[date, Row], span: Period) -> Row:
    """Sum the days of a span."""
    within = days_between(span.since, span.until)
    return _sum_up(days[day] for day in within if day in days)


def _within(category: Category, held: Iterable[tuple[int, int]]) -> set[int]:
    """Return the products of a tree that are in a category or below it."""
    return {pk for left, pk in held if category.lft <= left <= category.rght}


def _sum_up(rows: Iterable[Row]) -> Row:
    total = Row()
    for row in rows:
        total.add_all(row)
    return total
