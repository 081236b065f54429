"""How REST framework's own fields show the values that they expect, written as source.

Each shortcut is ``what is shown if what is asked of the value``, and shows just what
the field's method would. It asks for one type exactly: None, what has to be called
first, and whatever else there may be, is left to the field.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from rest_framework import fields
from rest_framework.settings import api_settings

from custom.api.compiling import Source

LENGTH_OF_SECONDS = len("2026-11-26T09:15:00")


def shortcut(field: Any, source: Source, value: str) -> str:  # noqa: ANN401
    """Return the shortcut of a field for a value of this name; empty: it has none."""
    write = SHORTCUTS.get(type(field).to_representation)
    return write(field, source, value) if write else ""


def is_plain(field: Any) -> bool:  # noqa: ANN401
    """Tell whether a field works by REST framework's own, context-free methods."""
    kind = type(field)
    return (
        kind.get_attribute is fields.Field.get_attribute
        and kind.to_representation.__module__ == fields.__name__
        and not isinstance(field, fields.FileField)  # the context has its address
        and (not hasattr(field, "child") or is_plain(field.child))
    )


def _as_it_is(kind: str, _field: object, _source: Source, value: str) -> str:
    return f"{value} if type({value}) is {kind}"


def _anything(field: Any, _source: Source, value: str) -> str:  # noqa: ANN401
    is_text = getattr(field, "binary", False)  # of JSON
    return "" if is_text else f"{value} if not callable({value})"


def _big_integer(field: Any, source: Source, value: str) -> str:  # noqa: ANN401
    default = api_settings.COERCE_BIGINT_TO_STRING
    is_text = getattr(field, "coerce_to_string", default)
    return "" if is_text else _as_it_is("int", field, source, value)


def _choice(field: Any, source: Source, value: str) -> str:  # noqa: ANN401
    kinds = {type(choice) for choice in field.choices}
    if kinds in ({str}, {int}):  # a value is shown as the choice that is equal to it
        return _as_it_is(kinds.pop().__name__, field, source, value)
    return ""


def _key(field: Any, _source: Source, value: str) -> str:  # noqa: ANN401
    is_usual = field.uuid_format == "hex_verbose"
    return f"str({value}) if type({value}) is UUID" if is_usual else ""


def _moment(field: Any, _source: Source, value: str) -> str:  # noqa: ANN401
    """Write a moment in ``DATETIME_FORMAT``; ``strftime`` takes twice as long.

    The database gives it in the zone that answers are in.
    """
    if hasattr(field, "format"):
        return ""
    shown = f"{value}.isoformat()[:{LENGTH_OF_SECONDS}] + 'Z'"
    return f"{shown} if type({value}) is datetime and {value}.tzinfo is UTC"


def _decimal(field: Any, source: Source, value: str) -> str:  # noqa: ANN401
    """Write a number that has its places already, and no more digits than it may."""
    default = api_settings.COERCE_DECIMAL_TO_STRING
    is_text = getattr(field, "coerce_to_string", default)
    digits, places = field.max_digits, field.decimal_places
    if (
        not is_text
        or field.localize
        or field.normalize_output
        or None in (digits, places)
    ):
        return ""
    unit = source.thing(Decimal(1).scaleb(-places), "unit")
    has_places = f"type({value}) is Decimal and {value}.same_quantum({unit})"
    is_short = f"{value}.adjusted() < {digits - places}"
    return f"format({value}, 'f') if {has_places} and {is_short}"


SHORTCUTS: Mapping[Any, Callable[[Any, Source, str], str]] = {
    fields.CharField.to_representation: partial(_as_it_is, "str"),
    fields.IntegerField.to_representation: partial(_as_it_is, "int"),
    fields.FloatField.to_representation: partial(_as_it_is, "float"),
    fields.BooleanField.to_representation: partial(_as_it_is, "bool"),
    fields.BigIntegerField.to_representation: _big_integer,
    fields.ChoiceField.to_representation: _choice,
    fields.DateTimeField.to_representation: _moment,
    fields.DecimalField.to_representation: _decimal,
    fields.JSONField.to_representation: _anything,
    fields.ReadOnlyField.to_representation: _anything,
    fields.UUIDField.to_representation: _key,
}
