"""Forms that several admins build on."""

from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model

from custom.money import as_paid, round_money

M = TypeVar("M", bound=Model)


class MoneyForm(forms.ModelForm[M]):
    """A form with a currency, in whose minor unit its amounts must be payable.

    Attributes:
        money_fields: Names of the amounts.
    """

    money_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if "currency" in self.fields:  # not where all is only shown
            self.fields["currency"].initial = settings.SHOP_CURRENCY
        if self.instance.pk is not None:
            self._show_places(self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuse amounts with too many places, each beside its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        currency = values.get("currency") or getattr(self.instance, "currency", "")
        amounts = {name: values.get(name) for name in self.money_fields}
        for name, amount in amounts.items():
            if amount is None or not currency:
                continue
            try:
                is_payable = round_money(amount, currency) == amount
            except ValueError as error:
                raise ValidationError({"currency": str(error)}) from error
            if not is_payable:
                self.add_error(name, f"Too many places for {currency}.")
        return values

    def _show_places(self, row: Any) -> None:  # noqa: ANN401 - with a currency
        """Fill in amounts as they are paid."""
        for name in self.money_fields:
            amount = self.initial.get(name)
            if isinstance(amount, Decimal):
                self.initial[name] = as_paid(amount, row.currency)
