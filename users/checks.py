"""System checks of accounts."""

import re
from collections.abc import Sequence
from typing import Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from custom.rates import parse_rate

KEY_PREFIX: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*_")
KEY_PREFIX_LENGTH: Final = 32  # characters
LOCK_SETTINGS: Final = ("SIGN_IN_LOCK", "SIGN_IN_LOCK_ACCOUNT", "SIGN_IN_LOCK_ADDRESS")


@register(Tags.security)
def check_key_prefix(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """No key may look like a device's token, which is hexadecimal."""
    prefix = settings.API_KEY_PREFIX
    if KEY_PREFIX.fullmatch(prefix) and len(prefix) <= KEY_PREFIX_LENGTH:
        return []
    told = f"API_KEY_PREFIX {prefix!r} does not tell keys from tokens."
    hint = "Small letters and digits in parts that end with _, such as shop_live_."
    return [Error(told, hint=hint, id="users.E001")]


@register(Tags.security)
def check_locks(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """The settings that lock a sign-in must be rates."""
    messages: list[CheckMessage] = []
    for name in LOCK_SETTINGS:
        try:
            parse_rate(getattr(settings, name))
        except ValueError as error:
            hint = f"Set {name} to a rate like 10/hour; empty for no lock."
            messages.append(Error(str(error), hint=hint, id="users.E002"))
    return messages


@register(Tags.security)
def check_breaches(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """Who is asked about passwords is reached by https, and takes a prefix."""
    url = settings.BREACHED_PASSWORDS_URL
    if not url or (url.startswith("https://") and url.endswith("/")):
        return []
    told = f"BREACHED_PASSWORDS_URL {url!r} takes no prefix by https."
    hint = "Such as https://api.pwnedpasswords.com/range/."
    return [Error(told, hint=hint, id="users.E003")]
