"""System checks of the settings that prices rest on."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from custom.money import places


@register()
def check_currency(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """``SHOP_CURRENCY`` is a currency whose minor unit the tables hold."""
    try:
        places(settings.SHOP_CURRENCY)
    except (TypeError, ValueError):
        told = f"SHOP_CURRENCY is {settings.SHOP_CURRENCY!r}, which cannot be kept."
        hint = "Set it to an ISO 4217 code of at most three places: EUR, JPY, KWD."
        return [Error(told, hint=hint, id="basket.E001")]
    return []
