"""What mails and documents say of an order, in the language that is active."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from django.utils.translation import gettext_lazy

from custom.figures import show_amount
from orders.models import Order

SUMS = {
    "subtotal": gettext_lazy("Subtotal"),
    "discount_amount": gettext_lazy("Discount"),
    "shipping_amount": gettext_lazy("Shipping"),
    "additional_tax": gettext_lazy("Tax"),
    "total_amount": gettext_lazy("Total"),
    "included_tax": gettext_lazy("Tax included"),
}
ALWAYS_SHOWN = frozenset({"subtotal", "total_amount"})
ADDRESS_LINES = (
    ("first_name", "last_name"),
    ("company",),
    ("line1",),
    ("line2",),
    ("postcode", "city"),
    ("region",),
    ("country",),
)


def sums_of(order: Order, language: str) -> Iterator[tuple[str, str]]:
    """Name the sums of an order that are not zero, and its total."""
    for name, label in SUMS.items():
        amount: Decimal = getattr(order, name)
        if amount or name in ALWAYS_SHOWN:
            sign = -1 if name == "discount_amount" else 1
            yield str(label), show_amount(sign * amount, order.currency, language)


def address_lines(address: Mapping[str, str]) -> list[str]:
    """Return the lines of a kept address that have something in them."""
    lines = (
        " ".join(filter(None, (address.get(name) for name in names)))
        for names in ADDRESS_LINES
    )
    return [line for line in lines if line]
