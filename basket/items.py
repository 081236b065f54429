"""From wanted lines to priced items, one for each stock record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from basket.errors import NotForSaleError
from basket.requests import LineRequest
from catalogue.models import Variant
from custom.money import round_money
from custom.prepared import PreparedRead
from custom.rows import as_rows
from partner.models import StockRecord
from partner.strategy import Offer, offer_of, pick_offers

TITLE_LENGTH = 255  # characters of a line's title


class SoldVariant(NamedTuple):
    """What an order has to know of a variant and its product."""

    pk: int
    sku: str
    title: str
    weight_grams: int | None
    product_id: int
    product_title: str
    tax_class_id: int | None


_FOR_SALE = PreparedRead(
    lambda variants, at: as_rows(
        Variant.objects.public(at)
        .filter(pk__in=variants)
        .annotate(
            product_title=F("product__title"), tax_class_id=F("product__tax_class_id")
        )
        .order_by(),
        SoldVariant,
    )
)


@dataclass(frozen=True, slots=True)
class Item:
    """What becomes one order line.

    Attributes:
        positions: The requested lines it answers, counted from 0.
    """

    variant: SoldVariant
    offer: Offer
    quantity: int
    unit_price: Decimal
    positions: tuple[int, ...]

    @property
    def line_total(self) -> Decimal:
        """Return unit price times quantity; exact, as the price is rounded."""
        return self.unit_price * self.quantity

    @property
    def title(self) -> str:
        """Return what the line is called."""
        return join_titles(self.variant.product_title, self.variant.title)


def choose_items(lines: Sequence[LineRequest]) -> list[Item]:
    """Look up and price wanted lines, as ``find_items`` does, or refuse them.

    Raises:
        NotForSaleError: A variant is unknown or hidden, or has no such offer.
    """
    items, unsold = find_items(lines)
    if unsold:
        detail = "This is not for sale."
        msg = "Some of what you want is not for sale."
        errors = line_errors(unsold, code=NotForSaleError.code, detail=detail)
        raise NotForSaleError(msg, errors=errors)
    return items


def find_items(lines: Sequence[LineRequest]) -> tuple[list[Item], list[int]]:
    """Look up and price wanted lines; 2 queries, 3 if a line names an offer.

    Lines that come to the same stock record are merged: taking stock for each of
    them alone would count the record's units twice.

    Returns:
        Items in the order in which they were first asked for, and the positions of
        lines that nobody may sell.
    """
    offers = _choose_offers(lines)
    wanted = {line.variant_id for line in lines}
    found = _FOR_SALE(variants=list(wanted), at=timezone.now())
    variants = {variant.pk: variant for variant in found}
    positions: dict[int, list[int]] = {}
    unsold = []
    for position, line in enumerate(lines):
        if position in offers and line.variant_id in variants:
            record = offers[position].stock_record_id
            positions.setdefault(record, []).append(position)
        else:
            unsold.append(position)
    items = [
        Item(
            variant=variants[offers[at[0]].variant_id],
            offer=offers[at[0]],
            quantity=sum(lines[position].quantity for position in at),
            unit_price=round_money(offers[at[0]].price, offers[at[0]].currency),
            positions=tuple(at),
        )
        for at in positions.values()
    ]
    return items, unsold


def line_title(variant: Variant) -> str:
    """Return the product's title, and the variant's if it has one; no query."""
    return join_titles(variant.product.title, variant.title)


def join_titles(product: str, variant: str) -> str:
    """Return the title of a line of these; a variant may have none of its own."""
    return " - ".join(filter(None, (product, variant)))[:TITLE_LENGTH]


def line_errors(
    positions: Iterable[int], *, code: str, detail: str, **facts: object
) -> list[dict[str, object]]:
    """Name requested lines as problem documents do; one entry for each position."""
    return [
        {"pointer": f"#/lines/{position}", "code": code, "detail": detail} | facts
        for position in positions
    ]


def _choose_offers(lines: Sequence[LineRequest]) -> dict[int, Offer]:
    """Return the offer of each position; positions without one are left out."""
    picked = pick_offers({line.variant_id for line in lines if line.offer_id is None})
    named = _named_offers({line.offer_id for line in lines if line.offer_id})
    chosen: dict[int, Offer] = {}
    for position, line in enumerate(lines):
        if line.offer_id is None:
            offer = picked.get(line.variant_id)
        else:
            offer = named.get(line.offer_id)
        if offer is not None and offer.variant_id == line.variant_id:
            chosen[position] = offer
    return chosen


def _named_offers(stock_record_ids: set[int]) -> dict[int, Offer]:
    """Return the offers with these ids that the shop may sell; 1 query, or none."""
    if not stock_record_ids:
        return {}
    records = (
        StockRecord.objects.offered(settings.SHOP_CURRENCY)
        .filter(pk__in=stock_record_ids)
        .select_related("partner", "level")
    )
    return {record.pk: offer_of(record) for record in records}
