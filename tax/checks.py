"""System checks of the settings that taxes rest on."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from address.formats import country_codes

Apps = Sequence[AppConfig] | None


@register()
def check_tax_rate(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """``SHOP_TAX_RATE`` is a share of the net price."""
    try:
        is_share = 0 <= Decimal(settings.SHOP_TAX_RATE) <= 1
    except (InvalidOperation, TypeError):
        is_share = False
    if is_share:
        return []
    told = f"SHOP_TAX_RATE is {settings.SHOP_TAX_RATE!r}, which is no share."
    hint = "Set it to a number from 0 to 1: 0.20 for 20 percent of the net price."
    return [Error(told, hint=hint, id="tax.E001")]


@register()
def check_countries(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """``SHOP_COUNTRIES`` and ``SHOP_HOME_COUNTRY`` are ISO 3166 codes."""
    named = {*settings.SHOP_COUNTRIES, settings.SHOP_HOME_COUNTRY}
    return [
        Error(
            f"{code!r} is no country.",
            hint="Give SHOP_COUNTRIES and SHOP_HOME_COUNTRY ISO 3166 codes: AT,DE.",
            id="tax.E002",
        )
        for code in sorted(named - country_codes())
    ]
