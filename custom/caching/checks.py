"""System checks of the settings of kept pages."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

Apps = Sequence[AppConfig] | None
NEAR = ("127.0.0.1", "::1", "localhost")


@register(Tags.security)
def check_cdn(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """What changes, and the token, travel to the CDN encrypted."""
    if not settings.CDN_PURGE_URL:
        return []
    address = urlsplit(settings.CDN_PURGE_URL)
    if address.scheme == "https" and address.hostname:
        return []
    if address.scheme == "http" and address.hostname in NEAR:
        return []
    hint = "Give an https:// address, or one of this machine."
    return [Error("CDN_PURGE_URL is not safe.", hint=hint, id="custom.E040")]


@register()
def check_bounds(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """A body must have room, and live."""
    wanted = ("CACHE_SECONDS", "CACHE_BYTES", "CACHE_BODY_BYTES")
    told = "It must be above 0."
    return [
        Error(f"{name} is {value!r}.", hint=told, id="custom.E041")
        for name in wanted
        if (value := getattr(settings, name)) <= 0
    ]
