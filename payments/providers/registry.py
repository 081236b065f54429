"""Providers by code, as the settings name them."""

from django.conf import settings
from django.utils.module_loading import import_string

from payments.errors import UnknownProviderError
from payments.providers.base import Provider


def provider(code: str) -> Provider:
    """Return a provider the shop knows, offered at present or not.

    Raises:
        UnknownProviderError: No provider has this code.
    """
    path = settings.PAYMENT_PROVIDERS.get(code)
    if path is None:
        msg = f'There is no payment provider "{code}".'
        raise UnknownProviderError(msg)
    made: Provider = import_string(path)()
    return made


def offered_provider(code: str) -> Provider:
    """Return a provider with which a buyer may pay.

    Raises:
        UnknownProviderError: It is unknown, or not offered.
    """
    if code not in settings.PAYMENT_METHODS:
        msg = f'This shop does not take payments by "{code}".'
        raise UnknownProviderError(msg)
    return provider(code)


def offered_providers() -> list[Provider]:
    """Return what a buyer may choose from, in the order of the setting."""
    return [provider(code) for code in settings.PAYMENT_METHODS]
