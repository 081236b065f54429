"""Serializer fields of the catalogue."""

from decimal import Decimal
from typing import Any, Protocol

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from custom.api.output import Reader
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
        shown: str | None = self.make_reader(parent)(parent, value)
        return shown

    def make_reader(self, _serializer: object) -> Reader:
        """Return what shows the amount of an instance; see custom.api.output."""
        name, currency = str(self.field_name), settings.SHOP_CURRENCY

        def read(serializer: ShowsOffer, instance: Any) -> str | None:  # noqa: ANN401
            record = serializer.final_stock_record(instance)
            amount: Decimal | None = getattr(record, name, None)
            return None if amount is None else format_money(amount, currency)

        return read


@extend_schema_field({"type": "string", "description": "The shop's one currency."})
class ShopCurrencyField(serializers.Field[Any, Any, str, Any]):
    """The shop's one currency, whatever is shown."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(read_only=True, source="*", **kwargs)

    def to_representation(self, value: Any) -> str:  # noqa: ANN401
        """Return its code."""
        return str(settings.SHOP_CURRENCY)

    def make_reader(self, _serializer: object) -> Reader:
        """Return what looks it up once for all rows; see custom.api.output."""
        currency = str(settings.SHOP_CURRENCY)
        return lambda _serializer, _instance: currency


@extend_schema_field(
    {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}
)
class AttributeValueField(serializers.Field[Any, Any, Any, Any]):
    """The value of an attribute, of the type that its ``kind`` names."""

    def to_representation(self, value: Any) -> Any:  # noqa: ANN401
        """Pass the value through: JSON holds it as its kind wants it."""
        return value
