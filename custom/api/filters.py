"""What filters of several apps share."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request

from custom.codes import normalize_code
from custom.prepared import PreparedRows

MAX_IDS = 100  # as many as the longest page shows


class FilterSet(django_filters.FilterSet):
    """A filter set that is made of the parameters a request names, and no others.

    django-filter copies every filter and builds a form of them all for each request.
    Here ``cleaned_data`` has what was named: ask it by ``get``. No filter may be
    required, or read parameters of other names than its own.
    """

    base_filters: dict[str, Any]

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        queryset: QuerySet[Any, Any] | PreparedRows[Any] | None = None,
        *,
        request: Request | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        renderer = getattr(request, "accepted_renderer", None)
        if not isinstance(renderer, BrowsableAPIRenderer):  # it shows the whole form
            named = (name for name in self.base_filters if name in (data or ()))
            self.base_filters = {name: self.base_filters[name] for name in named}
        if self.base_filters and isinstance(queryset, PreparedRows):
            queryset = queryset.queryset()
        super().__init__(data, queryset, request=request, **options)

    @property
    def form(self) -> forms.Form:
        """Return the form of the filters; without any, one that is filled already."""
        form: forms.Form = super().form if self.filters else _nothing_asked()
        return form


class FilterBackend(DjangoFilterBackend):
    """Makes no filter set for a request that names none of its parameters.

    Unless the set has something to say even then, by a ``filter_queryset`` of its own.
    """

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:  # noqa: ANN401
        """Narrow the rows by what the request names."""
        kind: Any = self.get_filterset_class(view, queryset)
        if (
            kind is None
            or kind.filter_queryset is not FilterSet.filter_queryset
            or not kind.base_filters.keys().isdisjoint(request.query_params)
        ):
            return super().filter_queryset(request, queryset, view)
        return queryset


@cache
def _nothing_asked() -> forms.Form:
    """Return a form without fields."""
    form = forms.Form({})
    form.full_clean()
    return form


class CodeFilter(django_filters.CharFilter):
    """Finds a code in the form in which codes are kept."""

    def filter(self, qs: QuerySet[Any, Any], value: str) -> QuerySet[Any, Any]:
        """Keep the rows of the code, if one is given."""
        return super().filter(qs, normalize_code(value) if value else value)


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
