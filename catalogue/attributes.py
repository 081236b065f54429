"""Attribute values: what a product type lets its products say of themselves.

JSON holds a text, date or choice as a string, a whole number as a number, yes or no
as a boolean, and a decimal number as a string, so that no digit is lost.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation

from catalogue.errors import InvalidAttributesError
from catalogue.models import AttributeDefinition
from catalogue.rows import DefinitionRow

Kind = AttributeDefinition.Kind
Definition = AttributeDefinition | DefinitionRow
JsonValue = str | int | bool
MAX_DIGITS = 30  # of a decimal number, before the point or behind it
LARGEST_INTEGER = 2**53 - 1  # beyond it, readers of JSON lose digits


def clean_attributes(
    definitions: Iterable[Definition], values: Mapping[str, object]
) -> dict[str, JsonValue]:
    """Check values against their definitions; ``None`` and ``""`` mean no value.

    Args:
        definitions: Every one that applies; others' codes are unknown.
        values: Code -> value, as typed by a person or read from JSON.

    Returns:
        Code -> value as it is stored, in the order of ``definitions``.

    Raises:
        InvalidAttributesError: It names every code at fault.
    """
    known = {definition.code: definition for definition in definitions}
    given = {code: value for code, value in values.items() if value not in (None, "")}
    faults = dict.fromkeys(given.keys() - known.keys(), "Unknown attribute.")
    cleaned: dict[str, JsonValue] = {}
    for code, definition in known.items():
        if code in given:
            try:
                cleaned[code] = _clean(definition, given[code])
            except (ValueError, InvalidOperation):
                faults[code] = f"Not a valid {Kind(definition.kind).label}."
        elif definition.is_required:
            faults[code] = "Required."
    if faults:
        listed = [
            {"code": code, "detail": detail} for code, detail in sorted(faults.items())
        ]
        msg = "Some attributes do not fit the product type."
        raise InvalidAttributesError(msg, attributes=listed)
    return cleaned


def label_of(definition: Definition, value: JsonValue) -> str:
    """Return what a page shows for a value."""
    if definition.kind == Kind.CHOICE:
        labels = {option["value"]: option["label"] for option in definition.options}
        return str(labels.get(value, value))
    if definition.kind == Kind.BOOLEAN:
        return "yes" if value else "no"
    return str(value)


def _clean(definition: Definition, value: object) -> JsonValue:
    """Return a value as it is stored, or raise ``ValueError``."""
    if definition.kind == Kind.CHOICE:
        if value not in [option["value"] for option in definition.options]:
            raise ValueError(value)
        return str(value)
    return _CLEANERS[Kind(definition.kind)](value)


def _clean_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004 - one error for every bad value
    return value


def _clean_integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(value)  # noqa: TRY004 - one error for every bad value
    number = int(value)
    if abs(number) > LARGEST_INTEGER:
        raise ValueError(value)
    return number


def _clean_decimal(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(value)  # noqa: TRY004 - one error for every bad value
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise ValueError(value)  # written out it would be longer than a page
    return f"{number:f}"


def _clean_boolean(value: object) -> bool:
    if value in ("true", "false"):  # as XML has them
        return value == "true"
    if not isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004 - one error for every bad value
    return value


def _clean_date(value: object) -> str:
    if isinstance(value, dt.datetime):
        raise ValueError(value)  # noqa: TRY004 - one error for every bad value
    if isinstance(value, dt.date):
        return value.isoformat()
    return dt.date.fromisoformat(_clean_text(value)).isoformat()


_CLEANERS: dict[AttributeDefinition.Kind, Callable[[object], JsonValue]] = {
    Kind.TEXT: _clean_text,
    Kind.INTEGER: _clean_integer,
    Kind.DECIMAL: _clean_decimal,
    Kind.BOOLEAN: _clean_boolean,
    Kind.DATE: _clean_date,
}
