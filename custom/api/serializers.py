"""The base of every serializer that reads a body."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import Serializer


class StrictSerializer(Serializer[Any]):
    """Reads a body and refuses what it does not know.

    A mistyped optional field would otherwise be dropped in silence. Nested strict
    serializers refuse by themselves, so that each pointer names the right place.
    """

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401
        """Read the known fields and report the unknown beside the faulty ones."""
        faults: dict[str, Any] = {}
        value: Any = None
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if not isinstance(error.detail, dict) or not isinstance(data, Mapping):
                raise
            faults = dict(error.detail)
        known = {name for name, field in self.fields.items() if not field.read_only}
        for name in data:
            if name not in known:
                faults[name] = [ErrorDetail("Unknown field.", code="unknown-field")]
        if faults:
            raise ValidationError(faults)
        return value
