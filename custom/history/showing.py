"""Held values as people read them."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import localize
from django.utils.timezone import localtime

from custom.fields import MoneyField
from custom.history.reading import Values
from custom.money import format_money

NOTHING = "-"
Names = Mapping[tuple[type[models.Model], str], str]


def show(field: Any, raw: Any, values: Values, names: Names) -> str:  # noqa: ANN401
    """Write a held value as people read it.

    Args:
        field: Of the model; no relation of many to many.
        raw: As the version has it.
        values: Of the same version: they say in which currency an amount is.
        names: What rows are called that are pointed at.
    """
    if raw is None or raw == "":
        return NOTHING
    if field.is_relation:
        return name_of(field, str(raw), names)
    if field.choices:
        return str(dict(field.flatchoices).get(raw, raw))
    if isinstance(raw, bool) or isinstance(field, models.JSONField):
        return plain(raw)
    return _typed(field, raw, str(values.get("currency") or ""))


def plain(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Write a value of a JSON object."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return json.dumps(value, indent=1, ensure_ascii=False)
    return str(value)


def name_of(field: Any, pk: str, names: Names) -> str:  # noqa: ANN401 - a relation
    """Return what a row is called that a relation points at."""
    return names.get((field.related_model, pk)) or f"number {pk} (deleted)"


def _typed(field: Any, raw: Any, currency: str) -> str:  # noqa: ANN401
    """Write an amount with its currency, a moment in the reader's time zone."""
    try:
        value = field.to_python(raw)
    except ValidationError:
        return str(raw)
    if isinstance(field, MoneyField) and currency:
        return f"{format_money(value, currency)} {currency}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return str(localize(localtime(value)))
    return str(value)
