"""Ways to send a parcel, as a buyer sees them."""

from dataclasses import dataclass
from decimal import Decimal


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
