"""System checks: what the settings of payments must be."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from payments.providers.base import Provider

Apps = Sequence[AppConfig] | None


@register()
def check_providers(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """Every provider must import, and be called what the setting calls it."""
    errors: list[CheckMessage] = []
    for code, path in settings.PAYMENT_PROVIDERS.items():
        hint = f"PAYMENT_PROVIDERS[{code!r}] = {path!r}"
        try:
            kind = import_string(path)
        except ImportError as error:
            errors.append(Error(str(error), hint=hint, id="payments.E001"))
            continue
        if not (isinstance(kind, type) and issubclass(kind, Provider)):
            told = "A payment provider is not a subclass of Provider."
            errors.append(Error(told, hint=hint, id="payments.E001"))
        elif kind.code != code:
            told = f'The provider is called "{kind.code}" by its class.'
            errors.append(Error(told, hint=hint, id="payments.E001"))
    return errors


@register()
def check_methods(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """What is offered to buyers must be known."""
    unknown = [
        code
        for code in settings.PAYMENT_METHODS
        if code not in settings.PAYMENT_PROVIDERS
    ]
    return [
        Error(
            f'The payment method "{code}" has no provider.',
            hint="Name it in PAYMENT_PROVIDERS, or take it out of PAYMENT_METHODS.",
            id="payments.E002",
        )
        for code in unknown
    ]


@register()
def check_stripe(app_configs: Apps = None, **options: object) -> list[CheckMessage]:
    """Whoever offers Stripe must have its keys."""
    if "stripe" not in settings.PAYMENT_METHODS:
        return []
    missing = [
        name
        for name in ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY")
        if not getattr(settings, name)
    ]
    if not settings.STRIPE_WEBHOOK_SECRETS:
        missing.append("STRIPE_WEBHOOK_SECRET")
    errors: list[CheckMessage] = [
        Error(
            f"{name} is not set, but PAYMENT_METHODS has stripe.",
            hint="Stripe's dashboard shows it, under developers.",
            id="payments.E003",
        )
        for name in missing
    ]
    if settings.STRIPE_CAPTURE not in ("automatic", "manual"):
        told = "STRIPE_CAPTURE is neither automatic nor manual."
        errors.append(Error(told, id="payments.E003"))
    return errors
