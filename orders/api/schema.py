"""What drf-spectacular cannot find out about orders by itself."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction

from orders.api.inputs import AddressChoiceField


class AddressChoice(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Describe an address by id or written out; defining the class registers it."""

    target_class = AddressChoiceField

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return either an id or the whole address."""
        written = auto_schema.resolve_serializer(self.target.written, direction)
        return {"oneOf": [{"type": "string", "format": "uuid"}, written.ref]}
