"""The pages of sellers and of stock."""

from collections.abc import Collection, Iterable
from datetime import date

from django.urls import reverse

from stats.models import OfferDay
from stats.reports.figures import cells, columns
from stats.selectors.offers import (
    ENOUGH_DAYS,
    MOST_OFFERS,
    PACE_DAYS,
    RunningOut,
    Seller,
    best_sellers,
    running_out,
    slowest_sellers,
)
from stats.selectors.sales import Scope, sales_by_product
from stats.sheets import Cell, Column, Sheet, tenths

PRODUCT = Column("product", "Product", is_number=False)
FREE = Column("free", "Free units")


def sellers_report(scope: Scope, *, has_links: bool) -> list[Sheet]:
    """Return what sold best and slowest; at most 7 queries.

    Args:
        scope: What the reader asked for, and may see.
        has_links: The reader may open the pages of products.
    """
    sold = sales_by_product(scope)
    sheets = [
        Sheet(
            name="best",
            title="Best sellers",
            columns=columns(OfferDay, PRODUCT),
            rows=list(_sellers(best_sellers(sold), scope.currency)),
            note="By units that were ordered and not taken back.",
        ),
        Sheet(
            name="slowest",
            title="Slowest sellers",
            columns=[*columns(OfferDay, PRODUCT), FREE],
            rows=list(_sellers(slowest_sellers(scope, sold), scope.currency)),
            note="Of the products with free units today.",
        ),
    ]
    for row in () if has_links else (row for sheet in sheets for row in sheet.rows):
        row.pop("url", None)
    return sheets


def _sellers(sellers: Iterable[Seller], currency: str) -> Iterable[dict[str, Cell]]:
    """Yield rows of products."""
    for seller in sellers:
        product = seller.product
        row: dict[str, Cell] = {
            "product": product.title if product else f"No. {seller.product_id}",
            "free": seller.free,
        }
        if product:
            row["url"] = reverse("admin:catalogue_product_change", args=[product.pk])
        yield row | cells(OfferDay, seller.sold, currency)


def stock_report(today: date, partner_ids: Collection[int] | None) -> list[Sheet]:
    """Return what is about to run out; 4 queries."""
    return [
        Sheet(
            name="stock",
            title="About to run out",
            columns=[
                PRODUCT,
                Column("sku", "SKU", is_number=False),
                Column("partner", "Partner", is_number=False),
                FREE,
                Column("pace", f"Sold in {PACE_DAYS} days"),
                Column("days_left", "Days left"),
                Column("threshold", "Low at"),
                Column("backorder", "Backorder", is_number=False),
            ],
            rows=[_offer(offer) for offer in running_out(today, partner_ids)],
            note=f"Lasts less than {ENOUGH_DAYS} days at the pace of the last "
            f"{PACE_DAYS}, or is low by its own limit; the first {MOST_OFFERS}.",
        )
    ]


def _offer(offer: RunningOut) -> dict[str, Cell]:
    """Write an offer."""
    record = offer.record
    return {
        "product": record.variant.product.title,
        "url": reverse("admin:partner_stockrecord_change", args=[record.pk]),
        "sku": record.variant.sku,
        "partner": record.partner.name,
        "free": record.level.num_free,
        "pace": offer.pace,
        "days_left": None if offer.days_left is None else tenths(offer.days_left),
        "threshold": record.low_stock_threshold,
        "backorder": "yes" if record.level.backorder else "no",
    }
