"""How often is too often: rates, and the scopes that have them."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

PER_MINUTE: Final = "per_minute"
# Scope -> the setting, and the environment variable, that holds its rates.
SETTINGS: Final[Mapping[str, str]] = {
    PER_MINUTE: "RATE_PER_MINUTE",
    "login": "RATE_LOGIN",
    "registration": "RATE_REGISTRATION",
    "password_reset": "RATE_PASSWORD_RESET",
    "voucher": "RATE_VOUCHER",
    "order": "RATE_ORDER",
    "export": "RATE_EXPORT",
}
POST_SCOPES: Final = tuple(scope for scope in SETTINGS if scope != PER_MINUTE)
MAX_LIMIT: Final = 65_535  # custom.limits.ring counts in 16 bits
SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_RATE: Final = re.compile(
    r"([1-9]\d{0,4})\s*/\s*(?:s|sec|second|m|min|minute|h|hour|d|day)", re.ASCII
)


class Rate(NamedTuple):
    """At most ``limit`` requests in any ``window`` seconds."""

    limit: int
    window: int


class ScopeRates(NamedTuple):
    """The rates of one scope; ``None`` is no limit."""

    account: Rate | None
    address: Rate | None


def parse_rate(text: str) -> Rate | None:
    """Read ``256/min``; an empty text is no limit.

    Raises:
        ValueError: It is no rate, or its number is more than can be counted.
    """
    text = text.strip().lower()
    if not text:
        return None
    found = _RATE.fullmatch(text)
    if found is None or int(found[1]) > MAX_LIMIT:
        msg = f"{text!r} is no rate like 256/min, with 1 to {MAX_LIMIT} requests."
        raise ValueError(msg)
    period = text.partition("/")[2].strip()
    return Rate(int(found[1]), SECONDS[period[0]])


def parse_rates(text: str) -> ScopeRates:
    """Read ``10/min`` for both, or ``10/min,60/min`` for account and address.

    Raises:
        ValueError: One of them is no rate, or there are more than two.
    """
    rates = [parse_rate(part) for part in text.split(",")]
    if len(rates) > len(ScopeRates._fields):
        msg = f"{text!r} names more than two rates."
        raise ValueError(msg)
    return ScopeRates(rates[0], rates[-1])


@cache
def rates_of(scope: str) -> ScopeRates:
    """Return a scope's rates, from its setting.

    Raises:
        ImproperlyConfigured: There is no such scope, or its setting is no rate.
    """
    if scope not in SETTINGS:
        msg = f"There is no rate scope {scope!r}: {', '.join(SETTINGS)}."
        raise ImproperlyConfigured(msg)
    name = SETTINGS[scope]
    try:
        return parse_rates(getattr(settings, name) or "")
    except ValueError as error:
        msg = f"{name}: {error}"
        raise ImproperlyConfigured(msg) from error


def _forget(*, setting: str, **_signal: Any) -> None:  # noqa: ANN401
    """Read the settings again when a test has changed them."""
    if setting.startswith("RATE_"):
        rates_of.cache_clear()


setting_changed.connect(_forget)
