"""Reads of summaries beside the stock: what sells best, slowest, and runs out."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum

from catalogue.models import Product
from partner.models import StockRecord
from stats.days import DAY
from stats.models import OfferDay
from stats.selectors.ledgers import Row
from stats.selectors.sales import Scope

MOST_SELLERS = 20
MOST_OFFERS = 100
PACE_DAYS = 28  # whole weeks, so that each weekday counts alike
ENOUGH_DAYS = 14
FREE = F("level__num_in_stock") - F("level__num_allocated")


@dataclass(frozen=True, slots=True)
class Seller:
    """A product, what was sold of it, and the units that are free to be sold.

    Attributes:
        product: None if it is not there any more.
        free: None where nobody asked.
    """

    product_id: int
    product: Product | None
    sold: Row
    free: int | None = None


@dataclass(frozen=True, slots=True)
class RunningOut:
    """An offer of which little is left.

    Attributes:
        record: With its level, variant, product and partner loaded.
        pace: Units ordered and kept in the last four weeks.
        days_left: How long the free units last at this pace; None without one.
    """

    record: StockRecord
    pace: int
    days_left: Decimal | None


def best_sellers(sold: Mapping[int, Row]) -> list[Seller]:
    """Return the products of which most units were ordered and kept; 1 query.

    Args:
        sold: Of each product.
    """
    ranked = sorted(sold, key=lambda pk: (-kept_units(sold[pk]), pk))
    chosen = [pk for pk in ranked[:MOST_SELLERS] if kept_units(sold[pk]) > 0]
    products = Product.objects.in_bulk(chosen)
    return [Seller(pk, products.get(pk), sold[pk]) for pk in chosen]


def slowest_sellers(scope: Scope, sold: Mapping[int, Row]) -> list[Seller]:
    """Return the products in stock of which fewest units were sold; 2 queries.

    Of those that sold alike the one with most units in stock comes first.

    Args:
        scope: What is looked at.
        sold: Of each of its products.
    """
    records = StockRecord.objects.offered(scope.currency).with_free_units()
    if scope.partner_id is not None:
        records = records.of_partners([scope.partner_id])
    if scope.product_ids is not None:
        records = records.filter(variant__product__in=scope.product_ids)
    free = dict(
        records.order_by().values_list("variant__product").annotate(free=Sum(FREE))
    )
    ranked = sorted(free, key=lambda pk: (kept_units(sold.get(pk)), -free[pk], pk))
    chosen = ranked[:MOST_SELLERS]
    products = Product.objects.in_bulk(chosen)
    return [
        Seller(pk, products.get(pk), sold.get(pk, Row()), free[pk]) for pk in chosen
    ]


def running_out(today: date, partner_ids: Collection[int] | None) -> list[RunningOut]:
    """Return the offers that last fewer than 14 days, or are low by their own limit.

    The pace is that of the four weeks before today. The soonest comes first; 4 queries.

    Args:
        today: The shop's day.
        partner_ids: Whose offers; None: everybody's.
    """
    weeks = OfferDay.objects.between(today - PACE_DAYS * DAY, today - DAY)
    records = StockRecord.objects.filter(partner__is_active=True)
    if partner_ids is not None:
        weeks = weeks.filter(partner_id__in=partner_ids)
        records = records.of_partners(partner_ids)
    pace = {
        row["stock_record_id"]: kept_units(Row(row))
        for row in weeks.sums("stock_record_id")
    }
    low = set(records.low().values_list("pk", flat=True))
    free = records.filter(pk__in=low | pace.keys()).values_list("pk", FREE)
    days_left = {pk: _days_left(units, pace.get(pk, 0)) for pk, units in free}
    short = {
        pk: days
        for pk, days in days_left.items()
        if pk in low or (days is not None and days < ENOUGH_DAYS)
    }
    ranked = sorted(short, key=lambda pk: (_rank(short[pk]), -pace.get(pk, 0), pk))
    found = StockRecord.objects.for_partner_pages().select_related("partner")
    chosen = found.in_bulk(ranked[:MOST_OFFERS])
    return [
        RunningOut(chosen[pk], pace.get(pk, 0), short[pk])
        for pk in ranked[:MOST_OFFERS]
    ]


def _days_left(free: int, pace: int) -> Decimal | None:
    """Return how long units last at a pace of four weeks; None without one."""
    return Decimal(max(free, 0) * PACE_DAYS) / pace if pace > 0 else None


def _rank(days: Decimal | None) -> Decimal:
    """Put what does not sell behind what does."""
    return Decimal("Infinity") if days is None else days


def kept_units(sold: Row | None) -> int:
    """Return the units that were ordered, less those taken back."""
    return sold["units"] - sold["units_back"] if sold else 0
