"""Model fields that carry a rule of the whole shop.

Migrations see plain Django fields, so that old migrations never import this module.
"""

from typing import Any, TypeVar

from django import forms
from django.db import models

from custom.codes import read_code

_ST = TypeVar("_ST", contravariant=True)  # noqa: PLC0105 - named as in Django's stubs
_GT = TypeVar("_GT", covariant=True)  # noqa: PLC0105

MONEY_MAX_DIGITS = 12
MONEY_DECIMAL_PLACES = 3  # the most any currency here has; see custom.money


class MoneyField(models.DecimalField[_ST, _GT]):
    """An amount; its ISO 4217 currency stands beside it in a field of its own."""

    def __init__(
        self,
        verbose_name: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - every option of a DecimalField
    ) -> None:
        kwargs.setdefault("max_digits", MONEY_MAX_DIGITS)
        kwargs.setdefault("decimal_places", MONEY_DECIMAL_PLACES)
        super().__init__(verbose_name, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Appear as a ``DecimalField`` in migrations."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DecimalField", list(args), dict(kwargs)


class CodeFormField(forms.CharField):
    """A code that is typed into a form; one that is stored and stays is not asked."""

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 - as Django's
        """Return the code in the form in which it is kept."""
        text = super().to_python(value)
        return read_code(text) if text else text

    def _clean_bound_field(self, bf: forms.BoundField) -> Any:  # noqa: ANN401
        """Let a code of before codes were read stay while the rest is edited."""
        is_as_stored = bf.initial and bf.data == bf.initial
        if is_as_stored:
            return bf.initial
        return super()._clean_bound_field(bf)  # type: ignore[misc] # not in the stubs


class CodeField(models.CharField[_ST, _GT]):
    """A code, SKU, key or digest: compared byte for byte.

    The default collation takes ``Key-a``, ``KEY-A`` and ``Key-á`` for the same key.
    Trailing spaces still do not count, in any collation MySQL and MariaDB share.
    """

    def __init__(
        self,
        verbose_name: str | None = None,
        max_length: int = 64,
        **kwargs: Any,  # noqa: ANN401 - every option of a CharField
    ) -> None:
        kwargs.setdefault("db_collation", "utf8mb4_bin")
        super().__init__(verbose_name, max_length=max_length, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:  # noqa: ANN401 - as Django's
        """Read it in forms as everywhere else."""
        return super().formfield(**({"form_class": CodeFormField} | kwargs))

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Appear as a ``CharField`` in migrations."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", list(args), dict(kwargs)
