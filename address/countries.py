"""The countries the shop ships to."""

from dataclasses import dataclass

from babel import Locale
from django.conf import settings

from address.formats import AddressFormat, format_of


@dataclass(frozen=True, slots=True)
class Country:
    """A country, its English name and what an address there needs."""

    code: str
    name: str
    rules: AddressFormat


def shipping_countries() -> list[Country]:
    """Return every country shipped to, by name."""
    names = Locale("en").territories
    found = [
        Country(code, names[code], format_of(code)) for code in settings.SHOP_COUNTRIES
    ]
    return sorted(found, key=lambda country: country.name)
