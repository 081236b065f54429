"""What can be wrong with the settings of stats."""

from collections.abc import Sequence
from zoneinfo import ZoneInfoNotFoundError

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from stats.days import shop_zone


@register()
def check_time_zone(
    app_configs: Sequence[AppConfig] | None, **kwargs: object
) -> list[CheckMessage]:
    """The shop's days must begin somewhere."""
    try:
        shop_zone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        told = f"SHOP_TIME_ZONE is no time zone: {settings.SHOP_TIME_ZONE!r}"
        return [Error(told, hint='For example "Europe/Vienna".', id="stats.E001")]
    return []
