"""Amounts and days as a reader of a language writes them."""

from datetime import datetime
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_percent
from django.conf import settings
from django.utils import timezone
from django.utils.translation import to_locale


def language_of(wanted: str) -> str:
    """Return a language the shop speaks: the wanted one, else its own."""
    return wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def show_amount(amount: Decimal, currency: str, language: str) -> str:
    """Write an amount with its currency: ``€19.80``, ``19,80 €``, ``￥1,200``."""
    return str(format_currency(amount, currency, locale=_locale(language)))


def show_percent(share: Decimal, language: str) -> str:
    """Write a share in percent: ``20%``, ``5,5 %``."""
    return str(
        format_percent(share, locale=_locale(language), decimal_quantization=False)
    )


def show_day(moment: datetime, language: str) -> str:
    """Write the day of a moment, in the shop's time zone."""
    day = timezone.localtime(moment).date()
    return str(format_date(day, format="long", locale=_locale(language)))


def _locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))
