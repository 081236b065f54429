"""What filters say of attributes, and the form in which values are compared.

The product list and the search read ``attr.<code>=`` with the same rules: a value, or
``from..to`` with both ends included, where the kind has an order.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from catalogue.attributes import Definition, JsonValue, clean_attributes
from catalogue.errors import InvalidAttributesError
from catalogue.models import AttributeDefinition

Kind = AttributeDefinition.Kind
ATTRIBUTE_PREFIX = "attr."
RANGE_SIGN = ".."
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL})
ORDERED = NUMBERS | {Kind.DATE}
# Python would also read 1_000, 1e3 and the digits of other scripts.
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
TRUTHS = {"true": True, "false": False}
EXPONENT_OFFSET = 500  # makes the exponent of every decimal number three digits
COMPLEMENT = str.maketrans("0123456789", "9876543210")


class InvalidTermError(Exception):
    """A text is no value of the attribute; ``code`` tells a range from a value."""

    def __init__(self, detail: str, code: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code


@dataclass(frozen=True, slots=True)
class Term:
    """A value that a filter names, or all from ``first`` to ``last``; as stored."""

    kind: Kind
    first: JsonValue
    last: JsonValue

    @property
    def is_range(self) -> bool:
        """Tell whether more than one value may fit."""
        return self.first != self.last

    @property
    def span(self) -> tuple[str, str]:
        """Return the ends in the form that the database compares."""
        return comparable(self.kind, self.first), comparable(self.kind, self.last)


def read_terms(definitions: Sequence[Definition], text: str) -> list[Term]:
    """Read one value of a filter by every definition that can.

    Args:
        definitions: Those of one code, of any number of product types.
        text: As the client sent it, not empty.

    Raises:
        InvalidTermError: No definition takes the text.
    """
    ordered = [row for row in definitions if row.kind in ORDERED]
    if RANGE_SIGN in text and ordered:
        return _read_ranges(ordered, text)
    found = {
        Term(Kind(definition.kind), value, value)
        for definition in definitions
        for value in _read(definition, text)
    }
    if not found:
        msg = f"Not a valid value: {text[:100]}."
        raise InvalidTermError(msg, "invalid")
    return sorted(found, key=lambda term: term.kind)


def comparable(kind: Kind, value: JsonValue) -> str:
    """Return a text that sorts, byte by byte, as the value does among its kind.

    A number is its sign (``n``, ``o``, ``p``), its exponent and its digits: no digit
    is lost, and 9.9 is 9.90. The blanks that end a text do not count.
    """
    if kind in NUMBERS:
        return _comparable_number(Decimal(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).rstrip(" ")


def _comparable_number(number: Decimal) -> str:
    if not number:
        return "o"
    exponent = f"{number.adjusted() + EXPONENT_OFFSET:03}"
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    if number > 0:
        return f"p{exponent}{digits}"
    # What ends first is the larger of two numbers below 0: "~" is above all digits.
    return f"n{(exponent + digits).translate(COMPLEMENT)}~"


def _read_ranges(definitions: Iterable[Definition], text: str) -> list[Term]:
    """Read ``from..to`` by every definition that takes both ends."""
    first, _, last = text.partition(RANGE_SIGN)
    found = {
        Term(Kind(definition.kind), start, end)
        for definition in definitions
        for start in _read(definition, first)
        for end in _read(definition, last)
    }
    terms = [term for term in found if term.span[0] <= term.span[1]]
    if not terms:
        msg = f"Not a valid range: {text[:100]}. Give the lower end first, as 1..9."
        raise InvalidTermError(msg, "invalid-range")
    return sorted(terms, key=lambda term: term.kind)


def _read(definition: Definition, text: str) -> list[JsonValue]:
    """Return the value as the database has it, or nothing if it is none."""
    value: object = text
    if definition.kind == Kind.BOOLEAN:
        value = TRUTHS.get(text.lower())
    elif definition.kind in NUMBERS and not NUMBER.fullmatch(text):
        return []
    try:
        return list(clean_attributes([definition], {definition.code: value}).values())
    except InvalidAttributesError:
        return []
