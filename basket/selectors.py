"""What is in a basket, and what it would cost as things stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings

from basket.errors import EmptyBasketError
from basket.holders import Holder
from basket.items import Item, find_items, join_titles
from basket.models import Basket, BasketVoucher, revision_of
from basket.querysets import BasketRow
from basket.quotes import price_items
from basket.requests import LineRequest, QuoteRequest
from basket.totals import NOTHING, Totals
from catalogue.rows import ImageRow
from custom.money import format_money
from custom.prepared import PreparedRead
from promotions.codes import customer_key, normalize_code

_HELD = PreparedRead(lambda holder: Basket.objects.held_by(holder).rows())
_CODES = PreparedRead(
    lambda basket: (
        BasketVoucher.objects.filter(basket=basket)
        .order_by("pk")
        .values_list("code", flat=True)
    )
)
NO_TOTALS = Totals(
    subtotal=NOTHING,
    discount_amount=NOTHING,
    shipping_amount=NOTHING,
    included_tax=NOTHING,
    additional_tax=NOTHING,
    total_amount=NOTHING,
    line_discounts=(),
    line_taxes=(),
    shipping_tax=NOTHING,
)


@dataclass(frozen=True, slots=True)
class BasketContents:
    """A basket as it was read, to be ordered as it is or not at all."""

    basket_id: int
    version: int
    lines: tuple[LineRequest, ...]
    vouchers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the holder should know before ordering.

    Attributes:
        code: ``price-changed``, ``out-of-stock``, ``insufficient-stock``,
            ``not-for-sale``; of a voucher, why it does not count.
        facts: JSON-safe members that stand beside code and detail.
    """

    code: str
    detail: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with today's price; one that is not for sale counts for nothing."""

    id: int
    variant: int
    sku: str
    title: str
    image: ImageRow | None
    quantity: int
    unit_price: Decimal
    line_total: Decimal
    currency: str
    warnings: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class ShownVoucher:
    """A voucher and what it takes off, which is nothing if there is a warning."""

    code: str
    discount: Decimal
    currency: str
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownBasket:
    """A basket as its holder sees it.

    Attributes:
        revision: For ``If-Match``; no two states of any baskets share one.
        version: 0 while there is no basket.
    """

    holder: Holder
    revision: str
    version: int
    currency: str
    lines: tuple[ShownLine, ...]
    vouchers: tuple[ShownVoucher, ...]
    totals: Totals


def contents_of(holder: Holder) -> BasketContents:
    """Read the holder's open basket to order it; 2 queries, 1 without a basket.

    Raises:
        EmptyBasketError: There is none, or nothing in it.
    """
    basket, lines = _read(holder)
    if basket is None or not lines:
        msg = "Your basket is empty."
        raise EmptyBasketError(msg)
    return BasketContents(
        basket_id=basket.pk,
        version=basket.version,
        lines=tuple(line.as_request() for line in lines),
        vouchers=tuple(_CODES(basket=basket.pk)),
    )


def show_basket(holder: Holder) -> ShownBasket:
    """Price the holder's open basket, or an empty one; a fixed number of queries.

    The basket is read with its lines: should vouchers or prices change after that, the
    revision is the old one, and ``If-Match`` with it is refused.
    """
    basket, lines = _read(holder)
    codes = _CODES(basket=basket.pk) if basket else []
    items, _unsold = find_items([line.as_request() for line in lines])
    totals, vouchers = _priced(holder, items, codes)
    return ShownBasket(
        holder=holder,
        revision=revision_of(basket) if basket else "none.0",
        version=basket.version if basket else 0,
        currency=settings.SHOP_CURRENCY,
        lines=tuple(_shown_lines(lines, items)),
        vouchers=tuple(vouchers),
        totals=totals,
    )


def _read(holder: Holder) -> tuple[BasketRow | None, list[BasketRow]]:
    """Return the holder's open basket, if there is one, and its lines; 1 query."""
    rows = _HELD(holder=holder.key)
    return next(iter(rows), None), [row for row in rows if row.line_id is not None]


def _priced(
    holder: Holder, items: Sequence[Item], codes: Sequence[str]
) -> tuple[Totals, list[ShownVoucher]]:
    """Return the totals of what is for sale, and what each voucher takes off."""
    currency = settings.SHOP_CURRENCY
    if not items:
        return NO_TOTALS, [ShownVoucher(code, NOTHING, currency) for code in codes]
    wanted = QuoteRequest(
        lines=(), vouchers=tuple(codes), customer=customer_key(holder.user_id)
    )
    quote = price_items(items, wanted)
    amounts = {discount.code: discount.amount for discount in quote.vouchers}
    warnings = {
        refusal.position: (Warned(refusal.error.code, refusal.detail),)
        for refusal in quote.refusals
    }
    return quote.totals, [
        ShownVoucher(
            code,
            amounts.get(normalize_code(code), NOTHING),
            currency,
            warnings.get(position, ()),
        )
        for position, code in enumerate(codes)
    ]


def _shown_lines(
    lines: Sequence[BasketRow], items: Sequence[Item]
) -> Iterator[ShownLine]:
    """Put each line beside the item it comes to, if somebody sells it."""
    by_position = {position: item for item in items for position in item.positions}
    for position, line in enumerate(lines):
        item = by_position.get(position)
        price = item.unit_price if item else line.seen_price
        yield ShownLine(
            id=line.line_id or 0,
            variant=line.variant_id,
            sku=line.sku,
            title=join_titles(line.product_title, line.variant_title),
            image=line.image,
            quantity=line.quantity,
            unit_price=price,
            line_total=price * line.quantity if item else NOTHING,
            currency=item.offer.currency if item else line.currency,
            warnings=tuple(_warnings(line, item)),
        )


def _warnings(line: BasketRow, item: Item | None) -> Iterator[Warned]:
    """Say what has changed since the line was written, and what is missing."""
    if item is None:
        yield Warned("not-for-sale", "This is no longer for sale.")
        return
    offer = item.offer
    if line.currency == offer.currency and line.seen_price != item.unit_price:
        old = format_money(line.seen_price, line.currency)
        new = format_money(item.unit_price, offer.currency)
        detail = f"The price has changed from {old} to {new} {offer.currency}."
        yield Warned("price-changed", detail, {"old_price": old, "new_price": new})
    if offer.backorder or offer.num_available >= item.quantity:
        return
    if offer.num_available == 0:
        yield Warned("out-of-stock", "This is out of stock.", {"num_available": 0})
    else:
        detail = f"{offer.num_available} of {item.quantity} are available."
        yield Warned(
            "insufficient-stock", detail, {"num_available": offer.num_available}
        )
