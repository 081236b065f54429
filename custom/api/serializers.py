"""The base of every serializer that reads a body."""

import re
import threading
from collections.abc import Mapping
from itertools import islice
from typing import Any

from django.utils.functional import cached_property
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import DecimalField, IntegerField

from custom.api.output import OutputSerializer
from custom.api.problems import MOST_UNKNOWN

# XML, and whoever minds the rounding of JSON readers, send numbers as text.
NUMBER = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?\s*")
_THREAD = threading.local()  # fields: class -> what reads bodies of it


class StrictSerializer(OutputSerializer[Any]):
    """Reads a body and refuses what it does not know.

    A mistyped optional field would otherwise be dropped in silence. Nested strict
    serializers refuse by themselves, so that each pointer names the right place. A
    number that is sent as text is plain digits: Python would also read ``1_000``,
    ``1e3`` and the digits of other scripts.

    REST framework copies all fields for each request, for longer than they then take to
    read a body. Here a class's are copied once for each thread, and belong to whichever
    serializer reads a body.
    """

    @cached_property
    def fields(self) -> Any:  # noqa: ANN401
        """Return the thread's copy of the class's fields; to show, an own one."""
        if not hasattr(self, "initial_data"):  # it shows, or is part of another
            return super().fields
        kept: dict[type, Any] = _THREAD.__dict__.setdefault("fields", {})
        kind = type(self)
        if kind not in kept:
            kept[kind] = super().fields
        return kept[kind]

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401
        """Read the known fields and report the unknown beside the faulty ones."""
        faults: dict[str, Any] = {}
        value: Any = None
        for field in self.fields.values():
            field.parent = self
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if not isinstance(error.detail, dict) or not isinstance(data, Mapping):
                raise
            faults = dict(error.detail)
        finally:
            self._let_go()
        known = {name for name, field in self.fields.items() if not field.read_only}
        unknown = (name for name in data if name not in known)
        for name in islice(unknown, MOST_UNKNOWN):
            faults[name] = [ErrorDetail("Unknown field.", code="unknown-field")]
        if faults := self._odd_numbers(data) | faults:
            raise ValidationError(faults)
        return value

    def _let_go(self) -> None:
        """Keep nothing of the request by fields that outlive it."""
        if hasattr(self, "initial_data"):
            for field in self.fields.values():
                field.parent = None

    def _odd_numbers(self, data: Mapping[str, object]) -> dict[str, Any]:
        """Return the faults of texts that are to be numbers and are not plain ones."""
        return {
            name: [ErrorDetail(str(field.error_messages["invalid"]), code="invalid")]
            for name, field in self.fields.items()
            if isinstance(field, IntegerField | DecimalField)
            and isinstance(text := data.get(name), str)
            and not NUMBER.fullmatch(text)
        }
