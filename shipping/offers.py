"""Ways to send a parcel, as a buyer sees them; no queries."""

from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TypeVar

from address.destinations import Destination
from custom.money import round_money

N = TypeVar("N", int, Decimal)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent.

    Attributes:
        value: Of the goods, less discounts; rounded.
        weight_grams: Goods whose weight is unknown count as nothing.
    """

    value: Decimal
    weight_grams: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many days a parcel is under way, from the first to the last likely one."""

    min_days: int
    max_days: int


@dataclass(frozen=True, slots=True)
class ShippingOffer:
    """One method to one place at its price.

    Attributes:
        price: With or without tax, as the shop's other prices are.
        tax_class_id: Whose rate applies; None: taxed as the goods it carries.
    """

    code: str
    name: str
    price: Decimal
    currency: str
    estimate: Estimate | None
    tax_class_id: int | None


@dataclass(frozen=True, slots=True)
class TariffRow:
    """A zone and one of its rates; all None behind ``postcodes`` if it has none.

    Attributes:
        countries: ISO 3166 codes; none mean every country.
        postcodes: Patterns, one a line; none mean every postcode.
        price: None of a zone to which nothing is sent.
    """

    zone_id: int
    countries: list[str]
    postcodes: str
    price: Decimal | None
    currency: str
    min_weight_grams: int
    max_weight_grams: int | None
    min_value: Decimal
    max_value: Decimal | None
    free_from: Decimal | None
    code: str
    name: str
    min_days: int | None
    max_days: int | None
    tax_class_id: int | None
    is_active: bool
    position: int

    def holds(self, destination: Destination) -> bool:
        """Tell whether a place is in the zone; postcodes by shape, not spelling."""
        if self.countries and destination.country not in self.countries:
            return False
        patterns = [_plain(line) for line in self.postcodes.splitlines()]
        postcode = _plain(destination.postcode)
        wanted = [pattern for pattern in patterns if pattern]
        return not wanted or any(fnmatchcase(postcode, each) for each in wanted)

    def offer(self, parcel: Parcel, currency: str) -> ShippingOffer | None:
        """Return what the rate makes of a parcel; None if it is for others."""
        if self.price is None or not self.is_active or self.currency != currency:
            return None
        fits_weight = _fits(
            parcel.weight_grams, self.min_weight_grams, self.max_weight_grams
        )
        if not fits_weight or not _fits(parcel.value, self.min_value, self.max_value):
            return None
        is_free = self.free_from is not None and parcel.value >= self.free_from
        estimate = None
        if self.min_days is not None and self.max_days is not None:
            estimate = Estimate(self.min_days, self.max_days)
        return ShippingOffer(
            code=self.code,
            name=self.name,
            price=round_money(Decimal(0) if is_free else self.price, currency),
            currency=currency,
            estimate=estimate,
            tax_class_id=self.tax_class_id,
        )


def _fits(number: N, lowest: N, highest: N | None) -> bool:
    """Tell whether a number lies in a band, both ends included."""
    return lowest <= number and (highest is None or number <= highest)


def _plain(postcode: str) -> str:
    """Leave out what is written in more than one way: spaces and small letters."""
    return "".join(postcode.upper().split())
