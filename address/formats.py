"""What an address needs, country by country.

A country without an entry of its own needs no postcode and no region, and any
postcode is taken. Postcodes are checked for their shape, not for their existence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale

COUNTRY_LENGTH = 2
# Two letters in the list of territories, but no country of ISO 3166.
_NO_COUNTRIES = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class AddressFormat:
    """The rules of one country.

    Attributes:
        postcode: Pattern of the whole postcode; None takes anything, even nothing.
        example: A postcode that fits the pattern.
        needs_region: A state or province must be named.
    """

    postcode: str | None = None
    example: str = ""
    needs_region: bool = False


ANY = AddressFormat()
FOUR_DIGITS = AddressFormat(r"[1-9]\d{3}", "1010")
FIVE_DIGITS = AddressFormat(r"\d{5}", "10115")
FORMATS: Mapping[str, AddressFormat] = {
    "AT": FOUR_DIGITS,
    "BE": FOUR_DIGITS,
    "CA": AddressFormat(r"[A-Z]\d[A-Z] ?\d[A-Z]\d", "K1A 0B1", needs_region=True),
    "CH": FOUR_DIGITS,
    "DE": FIVE_DIGITS,
    "DK": FOUR_DIGITS,
    "ES": FIVE_DIGITS,
    "FI": FIVE_DIGITS,
    "FR": FIVE_DIGITS,
    "GB": AddressFormat(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", "SW1A 1AA"),
    "IT": FIVE_DIGITS,
    "JP": AddressFormat(r"\d{3}-?\d{4}", "100-0001"),
    "NL": AddressFormat(r"[1-9]\d{3} ?[A-Z]{2}", "1012 AB"),
    "NO": AddressFormat(r"\d{4}", "0150"),
    "PL": AddressFormat(r"\d{2}-\d{3}", "00-950"),
    "PT": AddressFormat(r"\d{4}-\d{3}", "1000-205"),
    "SE": AddressFormat(r"\d{3} ?\d{2}", "114 55"),
    "US": AddressFormat(r"\d{5}(-\d{4})?", "20500", needs_region=True),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one part of an address."""

    part: str
    code: str
    detail: str


@cache
def country_codes() -> frozenset[str]:
    """Return every ISO 3166 alpha-2 code."""
    codes = map(str, Locale("en").territories)
    return frozenset(c for c in codes if len(c) == COUNTRY_LENGTH) - _NO_COUNTRIES


def find_faults(address: Mapping[str, str]) -> list[Fault]:
    """Compare an address with its country's format.

    Args:
        address: At least ``country``, ``postcode`` and ``region``; capitals in the
            first two.
    """
    rules = FORMATS.get(address["country"], ANY)
    faults: list[Fault] = []
    if rules.needs_region and not address["region"]:
        detail = "Name the state or province."
        faults.append(Fault("region", "required", detail))
    if rules.postcode and not address["postcode"]:
        detail = f"Give the postcode, such as {rules.example}."
        faults.append(Fault("postcode", "required", detail))
    elif rules.postcode and not re.fullmatch(
        rules.postcode, address["postcode"], re.ASCII
    ):
        detail = f"This is not a postcode of the country; one is {rules.example}."
        faults.append(Fault("postcode", "invalid", detail))
    return faults
