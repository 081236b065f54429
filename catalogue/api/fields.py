"""Serializer fields of the catalogue."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from custom.api.compiling import Source
from custom.money import format_money


class ShowsOffers:
    """A serializer of something that partners offer."""

    def final_stock_record(self, instance: Any) -> object | None:  # noqa: ANN401
        """Return what the strategy picked for an instance, or None."""
        raise NotImplementedError

    @cached_property
    def shop_currency(self) -> str:
        """Look up the shop's one currency once for all that is shown."""
        return str(settings.SHOP_CURRENCY)


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
        parent: ShowsOffers = self.parent  # type: ignore[assignment]
        record = parent.final_stock_record(value)
        amount: Decimal | None = getattr(record, str(self.field_name), None)
        return None if amount is None else format_money(amount, parent.shop_currency)

    def write(self, source: Source, _otherwise: str) -> str:
        """Write what shows the amount of an instance; see custom.api.output."""
        found = "serializer.final_stock_record(row)"
        amount = f"getattr({found}, {self.field_name!r}, None)"
        shown = (
            f"{source.thing(format_money, 'money')}(found, serializer.shop_currency)"
        )
        return f"None if (found := {amount}) is None else {shown}"


@extend_schema_field({"type": "string", "description": "The shop's one currency."})
class ShopCurrencyField(serializers.Field[Any, Any, str, Any]):
    """The shop's one currency, whatever is shown."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(read_only=True, source="*", **kwargs)

    def to_representation(self, value: Any) -> str:  # noqa: ANN401
        """Return its code."""
        parent: ShowsOffers = self.parent  # type: ignore[assignment]
        return parent.shop_currency

    def write(self, _source: Source, _otherwise: str) -> str:
        """Write what has its code; see custom.api.output."""
        return "serializer.shop_currency"


@extend_schema_field(
    {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]}
)
class AttributeValueField(serializers.Field[Any, Any, Any, Any]):
    """The value of an attribute, of the type that its ``kind`` names."""

    def to_representation(self, value: Any) -> Any:  # noqa: ANN401
        """Pass the value through: JSON holds it as its kind wants it."""
        return value
