"""Amounts of money on admin pages, with the places of their currency."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache, partial
from typing import Any, ClassVar, cast

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.http import HttpRequest
from django.utils.formats import number_format

from custom.fields import MoneyField
from custom.money import as_paid

Column = str | Callable[[Any], str | None]


class MoneyColumns(admin.options.BaseModelAdmin[Any]):
    """Pages and inlines that show ``9.90`` where the database has ``9.900``.

    Attributes:
        currency_path: Leads from a row to its currency. Lists with a longer one load
            what it leads through (``list_select_related``).
    """

    currency_path: ClassVar[str] = "currency"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:  # noqa: ANN401
        """Show every amount that the reader may not change in its currency."""
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": self.columns(options["fields"])})
            for title, options in fieldsets
        ]

    def columns(self, names: Iterable[Any]) -> tuple[Any, ...]:
        """Put a column in the place of each amount; rows of fields keep their shape."""
        return tuple(
            self.columns(name) if isinstance(name, list | tuple) else self._column(name)
            for name in names
        )

    def _column(self, name: Column) -> Column:
        """Return the column of an amount, or what was named."""
        try:
            field = self.model._meta.get_field(name)  # noqa: SLF001 - as Django's admin
        except FieldDoesNotExist:
            return name
        if not isinstance(field, MoneyField):
            return name
        return _money_column(field, self.currency_path)


@cache  # forms and pages compare what they are told by identity
def _money_column(field: MoneyField[Any, Any], path: str) -> Column:
    """Return a column that shows an amount and is sorted by it."""
    shown: Any = partial(_shown, name=field.name, path=path)
    shown.__name__ = field.name
    shown.short_description = field.verbose_name
    shown.admin_order_field = field.name
    return cast("Column", shown)


def _shown(row: Model, *, name: str, path: str) -> str | None:
    """Return an amount as it is paid, or None where there is none."""
    amount: Decimal | None = getattr(row, name)
    if amount is None:
        return None
    currency: Any = row
    for step in path.split("__"):
        currency = getattr(currency, step)
    return number_format(as_paid(amount, currency))
