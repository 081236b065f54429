"""Serializer fields every app may use."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_attribute, get_error_detail

from custom.api.compiling import Source
from custom.codes import read_code
from custom.money import format_money


class _Money(NamedTuple):
    amount: Decimal
    currency: str


@extend_schema_field({"type": "string", "format": "decimal"})
class MoneyField(serializers.Field[Any, Any, str, Any]):
    """Writes an amount with its currency's own number of places.

    Args:
        currency_source: Dotted path from the serialized object to its ISO 4217
            code.
    """

    def __init__(self, *, currency_source: str = "currency", **kwargs: Any) -> None:  # noqa: ANN401
        kwargs["read_only"] = True
        super().__init__(**kwargs)
        self.currency_path = currency_source.split(".")

    def get_attribute(self, instance: Any) -> _Money | None:  # noqa: ANN401
        """Fetch the amount and its currency; ``None`` when there is no amount."""
        amount = super().get_attribute(instance)
        if amount is None:
            return None
        return _Money(amount, get_attribute(instance, self.currency_path))

    def write(self, source: Source, otherwise: str) -> str:
        """Write what shows the amount of an instance; see custom.api.output."""
        amount = source.value(self.source_attrs)
        currency = source.value(self.currency_path)
        shown = f"{source.thing(format_money, 'money')}({amount}, {currency})"
        is_usual = f"type({amount}) is Decimal and type({currency}) is str"
        by_field = f"None if {amount} is None else {otherwise}(serializer, row)"
        return f"{shown} if {is_usual} else {by_field}"

    def to_representation(self, value: _Money) -> str:
        """Return ``"9.90"`` for euros, ``"1200"`` for yen."""
        return format_money(value.amount, value.currency)


class ListField(serializers.ListField):
    """A list whose length is looked at before its items are read.

    REST framework reads them first: half a million wrong ones fit into a body.
    """

    def to_internal_value(self, data: Any) -> list[Any]:  # noqa: ANN401
        """Return the items that were read."""
        longest = self.max_length
        if longest is not None and isinstance(data, list) and len(data) > longest:
            msg = self.error_messages["max_length"].format(max_length=longest)
            raise serializers.ValidationError(msg, code="max_length")
        items: list[Any] = super().to_internal_value(data)
        return items


class CodeField(serializers.CharField):
    """A code that may become a row's: in one form, with nothing unseen in it."""

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401
        """Return the code in the form in which it is kept."""
        try:
            return read_code(super().to_internal_value(data))
        except DjangoValidationError as error:
            raise serializers.ValidationError(get_error_detail(error)) from error


def read_code_of_path(name: str, typed: str) -> str:
    """Return a code that a path gives to a row, as a body's ``CodeField`` would.

    Raises:
        ValidationError: It has what cannot be seen; the pointer is ``name``.
    """
    try:
        return read_code(typed)
    except DjangoValidationError as error:
        fault = {name: get_error_detail(error)}
        raise serializers.ValidationError(fault) from error
