"""Model fields that carry a rule of the whole shop.

Migrations see plain Django fields, so that old migrations never import this module.
"""

from typing import Any, TypeVar

from django.db import models

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

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Appear as a ``CharField`` in migrations."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", list(args), dict(kwargs)
