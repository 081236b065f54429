"""System checks of how staff sign in."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.checks import check_admin_app
from django.core.checks import CheckMessage, Error, Tags, register

from custom.rates import parse_rate


@register(Tags.security)
def check_second_factor(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """Keys must encrypt, and the rate of tries must be one."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 - as in staff.secrets

    messages: list[CheckMessage] = []
    for place, key in enumerate(settings.STAFF_MFA_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            told = f"Key {place} of STAFF_MFA_KEYS is no Fernet key."
            hint = "Fernet.generate_key() makes one; never take one away too early."
            messages.append(Error(told, hint=hint, id="staff.E001"))
    try:
        parse_rate(settings.STAFF_MFA_RATE)
    except ValueError as error:
        hint = "Set STAFF_MFA_RATE to a rate like 10/hour."
        messages.append(Error(str(error), hint=hint, id="staff.E002"))
    return messages


def check_pages(
    app_configs: Sequence[AppConfig] | None = None, **options: object
) -> list[CheckMessage]:
    """Every page of the admin must be as Django wants it."""
    from staff.sites import find_pages  # noqa: PLC0415 - workers need none of it

    find_pages()
    return check_admin_app(app_configs, **options)
