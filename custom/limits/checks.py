"""System checks of the rate limits' settings."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from rest_framework.settings import api_settings

from custom.importing import check_paths
from custom.rates import SETTINGS, rates_of

Apps = Sequence[AppConfig] | None
MIN_TOKEN_LENGTH = 20


@register(Tags.security)
def check_proxies(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """How many proxies to trust must be said: ``None`` takes what a client writes."""
    proxies = api_settings.NUM_PROXIES
    if settings.DEBUG and proxies is None:
        return []
    if isinstance(proxies, int) and proxies >= 0:
        return []
    told = f"NUM_PROXIES is {proxies!r}: a forged header would be a new caller."
    hint = "Set NUM_PROXIES to the number of proxies that append X-Forwarded-For, or 0."
    return [Error(told, hint=hint, id="custom.E020")]


@register()
def check_rates(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """Every rate can be read and counted."""
    errors: list[CheckMessage] = []
    for scope in SETTINGS:
        try:
            rates_of(scope)
        except ImproperlyConfigured as error:
            hint = "Write 256/min, or 10/min,60/min for account and address."
            errors.append(Error(str(error), hint=hint, id="custom.E021"))
    return errors


@register()
def check_overrides(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """Every path in ``RATE_OVERRIDES`` imports."""
    paths = ((path, f"RATE_OVERRIDES has {path!r}") for path in settings.RATE_OVERRIDES)
    return check_paths(paths, check_id="custom.E022")


@register(Tags.security)
def check_metrics_token(
    app_configs: Apps = None, **options: object
) -> list[CheckMessage]:
    """The token of ``/metrics`` is absent, or too long to be guessed."""
    if not 0 < len(settings.METRICS_TOKEN) < MIN_TOKEN_LENGTH:
        return []
    told = f"METRICS_TOKEN has less than {MIN_TOKEN_LENGTH} characters."
    hint = "Set it to a long random text, or leave it empty: /metrics is then closed."
    return [Error(told, hint=hint, id="custom.E023")]
