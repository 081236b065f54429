"""The page of sales."""

from collections.abc import Callable, Sequence

from catalogue.models import Category
from partner.models import Partner
from stats.models import OfferDay, PartnerDay, SalesDay
from stats.periods import Period, Step
from stats.reports.figures import cells, columns, figures_of
from stats.selectors.sales import (
    Sales,
    Scope,
    baskets_of,
    sales_by_category,
    sales_by_currency,
    sales_by_partner,
    sales_by_product,
    sales_of,
)
from stats.sheets import Cell, Column, Sheet, change, percent

Link = Callable[..., str]  # of the same page with another choice


def sales_report(
    scope: Scope,
    *,
    categories: Sequence[Category],
    partners: Sequence[Partner],
    link: Link,
) -> list[Sheet]:
    """Return the sheets of a page; a fixed number of queries for each kind of scope.

    Args:
        scope: What the reader asked for, and may see.
        categories: Of the whole tree.
        partners: All of them.
        link: ``link(category="drama")`` is the address of the page narrowed to it.
    """
    sales = sales_of(scope)
    sheets = [_totals(scope, sales), _series(scope, sales)]
    sheets.append(_categories(scope, categories, link))
    if scope.model is SalesDay:
        sheets += [
            _partners(scope, partners, link),
            _currencies(scope.period, link),
            _baskets(scope.period),
        ]
    return sheets


def told(period: Period, step: Step) -> str:
    """Write which day, week or month a row is of."""
    if step is Step.MONTH:
        return f"{period.since:%Y-%m}"
    return period.since.isoformat()


def _totals(scope: Scope, sales: Sales) -> Sheet:
    """Compare the period with the one before, and with the year before."""
    rows: list[dict[str, Cell]] = []
    for figure in figures_of(scope.model):
        then = (sales.now, sales.before, sales.year_ago)
        numbers = [figure.compute(sums, scope.currency) for sums in then]
        now, before, year_ago = (figure.cell(sums, scope.currency) for sums in then)
        rows.append(
            {
                "figure": figure.column.label,
                "now": now,
                "before": before,
                "change": change(numbers[0] or 0, numbers[1] or 0),
                "year_ago": year_ago,
                "change_year": change(numbers[0] or 0, numbers[2] or 0),
            }
        )
    period = scope.period
    return Sheet(
        name="totals",
        title="Totals",
        columns=[
            Column("figure", "Figure", is_number=False),
            Column("now", "Now"),
            Column("before", "Before"),
            Column("change", "Change in %"),
            Column("year_ago", "A year ago"),
            Column("change_year", "Change in %"),
        ],
        rows=rows,
        note=f"{_span(period)}, {scope.currency}; before: {_span(period.before)}; "
        f"a year ago: {_span(period.year_ago)}.",
    )


def _span(period: Period) -> str:
    """Write a period for people."""
    return f"{period.since.isoformat()} to {period.until.isoformat()}"


def _series(scope: Scope, sales: Sales) -> Sheet:
    """Tell of each day, week or month."""
    label = scope.step.capitalize()
    return Sheet(
        name="series",
        title=f"By {scope.step}",
        columns=columns(scope.model, Column("period", label, is_number=False)),
        rows=[
            {
                "period": told(part, scope.step),
                **cells(scope.model, sums, scope.currency),
            }
            for part, sums in sales.cut
        ],
    )


def _baskets(period: Period) -> Sheet:
    """Tell how many baskets became an order."""
    opened, ordered = baskets_of(period)
    row: dict[str, Cell] = {
        "opened": opened,
        "ordered": ordered,
        "conversion": percent(ordered, opened),
    }
    return Sheet(
        name="baskets",
        title="Baskets",
        columns=[
            Column("opened", "Opened"),
            Column("ordered", "Of these ordered"),
            Column("conversion", "Conversion in %"),
        ],
        rows=[row],
    )


def _currencies(period: Period, link: Link) -> Sheet:
    """Tell of each currency by itself."""
    rows = sales_by_currency(period)
    return Sheet(
        name="currencies",
        title="By currency",
        columns=columns(SalesDay, Column("currency", "Currency", is_number=False)),
        rows=[
            {
                "currency": currency,
                "url": link(currency=currency),
                **cells(SalesDay, sums, currency),
            }
            for currency, sums in sorted(rows.items())
        ],
    )


def _categories(scope: Scope, tree: Sequence[Category], link: Link) -> Sheet:
    """Tell of the categories right below the one that was chosen, or of the roots."""
    parent = scope.category.pk if scope.category else None
    shown = [category for category in tree if category.parent_id == parent]
    found = sales_by_category(sales_by_product(scope), shown)
    return Sheet(
        name="categories",
        title="By category",
        columns=columns(OfferDay, Column("category", "Category", is_number=False)),
        rows=[
            {
                "category": category.name,
                "url": link(category=category.slug),
                **cells(OfferDay, sums, scope.currency),
            }
            for category, sums in found
            if sums
        ],
        note="A product counts in every category that it is in today, or below.",
    )


def _partners(scope: Scope, partners: Sequence[Partner], link: Link) -> Sheet:
    """Tell of each partner, the one with most sales first."""
    found = sales_by_partner(scope)
    names = {partner.pk: partner.name for partner in partners}
    ranked = sorted(found, key=lambda pk: (-found[pk]["goods"], pk))
    return Sheet(
        name="partners",
        title="By partner",
        columns=columns(PartnerDay, Column("partner", "Partner", is_number=False)),
        rows=[
            {
                "partner": names.get(pk, f"No. {pk}"),
                "url": link(partner=pk),
                **cells(PartnerDay, found[pk], scope.currency),
            }
            for pk in ranked
        ],
        note="Goods without shipping; an order of two partners counts for both.",
    )
