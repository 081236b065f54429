"""Serializer fields of the catalogue."""

from decimal import Decimal
from typing import Any, Protocol

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from custom.money import format_money


class ShowsOffer(Protocol):
    """A serializer of something that partners offer."""

    def final_stock_record(self, instance: Any) -> object | None:  # noqa: ANN401
        """Return what the strategy picked for an instance, or None."""


@extend_schema_field({"type": ["string", "null"], "format": "decimal"})
class FinalStockRecordField(serializers.Field[Any, Any, str | None, Any]):
    """Passes an amount through from the stock record that the strategy picked.

    It is null without an offer, and else has all of its currency's places.
    """

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs |= {"read_only": True, "source": "*"}
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> str | None:  # noqa: ANN401
        """Return ``"9.90"`` for euros, ``"1200"`` for yen."""
        parent: ShowsOffer = self.parent  # type: ignore[assignment]
        record = parent.final_stock_record(value)
        amount: Decimal | None = getattr(record, str(self.field_name), None)
        return None if amount is None else format_money(amount, settings.SHOP_CURRENCY)


@extend_schema_field(
    {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}
)
class AttributeValueField(serializers.Field[Any, Any, Any, Any]):
    """The value of an attribute, of the type that its ``kind`` names."""

    def to_representation(self, value: Any) -> Any:  # noqa: ANN401
        """Pass the value through: JSON holds it as its kind wants it."""
        return value
