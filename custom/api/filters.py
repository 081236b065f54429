"""Filters that lists of several apps share."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

MAX_IDS = 100  # as many as the longest page shows


class IdsField(forms.Field):
    """Reads ``1,2,3``."""

    def to_python(self, value: str | None) -> list[int] | None:
        """Return the ids, or None when the parameter is empty."""
        if not value:
            return None
        parts = value.split(",")
        if len(parts) > MAX_IDS:
            msg = f"Give at most {MAX_IDS} ids."
            raise ValidationError(msg, code="too-many")
        if not all(_is_id(part) for part in parts):
            msg = "Give whole numbers with commas between them."
            raise ValidationError(msg, code="invalid")
        return [int(part) for part in parts]


class MomentField(django_filters.fields.IsoDateTimeField):
    """Reads a moment that exists in UTC too, whatever its offset."""

    def to_python(self, value: Any) -> dt.datetime | None:  # noqa: ANN401
        """Return the moment in UTC, or None when the parameter is empty."""
        moment: dt.datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(dt.UTC)
        except OverflowError:
            msg = "Give a moment between the years 1 and 9999."
            raise ValidationError(msg, code="invalid") from None


@extend_schema_field({"type": "string", "description": "`1,2,3`: just these."})
class IdsFilter(django_filters.Filter):
    """Keeps rows of the ids named."""

    field_class = IdsField


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentFilter(django_filters.IsoDateTimeFilter):
    """Compares with a moment."""

    field_class = MomentField


def _is_id(text: str) -> bool:
    """Tell whether a text is a whole number that fits the column."""
    return text.isascii() and text.isdigit() and len(text) < len(str(2**63))
