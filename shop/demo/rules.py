"""The rule by which a film's figures become formats, prices and stock.

It is written down for readers in docs/demo.md; keep the two in step.
"""

from dataclasses import dataclass
from decimal import Decimal

from shop.demo.films import Film

HOUSE_PARTNER = "House of Film"
REASON = "Loaded with the demo shop."  # of first versions

DVD, BLU_RAY = "dvd", "blu-ray"
FORMATS = {DVD: "DVD", BLU_RAY: "Blu-ray"}
WEIGHT_GRAMS = {DVD: 110, BLU_RAY: 90}

_BLU_RAY_GROSS = 50_000_000  # US dollars worldwide
_SECOND_SELLER_GROSS = 200_000_000
_BESTSELLER_DVD_SALES = 50_000_000
_GREAT_SCORE = Decimal(8)
_RECENT_YEAR, _OLD_YEAR = 2005, 1990
_MAX_STOCK = 250  # units
_UNKNOWN_STOCK = 5
_OBSCURE_GROSS = 20_000


@dataclass(frozen=True, slots=True)
class Listing:
    """What one seller asks and holds of one format of a film."""

    format: str
    partner: str  # name
    price: Decimal  # the shop's currency, tax as the shop shows it
    compare_at_price: Decimal | None
    num_in_stock: int
    backorder: bool


def sku_of(film: Film, name: str) -> str:
    """Return the SKU of a format; the same for the same line of the list."""
    return f"FILM-{film.line:04d}-{name.upper()}"


def formats_of(film: Film) -> list[str]:
    """Return the formats sold: DVD always, Blu-ray where sales say so."""
    sold_well = film.dvd_sales is not None or (film.gross or 0) >= _BLU_RAY_GROSS
    return [DVD, BLU_RAY] if sold_well else [DVD]


def listings_of(film: Film) -> list[Listing]:
    """Return who sells the film, in which format, at what price."""
    partner = film.distributor or HOUSE_PARTNER
    listings = [_listing(film, name, partner) for name in formats_of(film)]
    if film.distributor and (film.gross or 0) >= _SECOND_SELLER_GROSS:
        first = listings[0]
        listings.append(
            Listing(
                format=first.format,
                partner=HOUSE_PARTNER,
                price=first.price + 2,
                compare_at_price=None,
                num_in_stock=10,
                backorder=False,
            )
        )
    return listings


def _listing(film: Film, name: str, partner: str) -> Listing:
    """Price and stock one format."""
    price, stock = _dvd_price(film), _dvd_stock(film)
    if name == BLU_RAY:
        price, stock = price + 5, max(2, stock // 2)
    bestseller = (film.dvd_sales or 0) >= _BESTSELLER_DVD_SALES
    return Listing(
        format=name,
        partner=partner,
        price=price,
        compare_at_price=price + 3 if bestseller else None,
        num_in_stock=stock,
        # The house orders what it lacks; distributors send what they have.
        backorder=partner == HOUSE_PARTNER,
    )


def _dvd_price(film: Film) -> Decimal:
    """Newer films cost more, great ones a little more still."""
    if film.released_on is None:
        price = Decimal("6.99")
    elif film.released_on.year > _RECENT_YEAR:
        price = Decimal("9.99")
    elif film.released_on.year >= _OLD_YEAR:
        price = Decimal("7.99")
    else:
        price = Decimal("5.99")
    return price + 1 if (film.score or 0) >= _GREAT_SCORE else price


def _dvd_stock(film: Film) -> int:
    """One unit a million of DVD sales, else one for two million of gross."""
    if film.dvd_sales is not None:
        return min(_MAX_STOCK, max(3, film.dvd_sales // 1_000_000))
    if film.gross is None:
        return _UNKNOWN_STOCK
    if film.gross < _OBSCURE_GROSS:
        return 0
    return min(_MAX_STOCK, max(3, film.gross // 2_000_000))
