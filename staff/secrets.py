"""The secrets of second factors, unreadable in a dump of the database."""

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.signals import setting_changed

if TYPE_CHECKING:  # ten megabytes, for the few processes in which staff sign in
    from cryptography.fernet import MultiFernet

SETTINGS = ("STAFF_MFA_KEYS", "SECRET_KEY", "SECRET_KEY_FALLBACKS")


def encrypt(text: str) -> str:
    """Encrypt and sign with the newest key."""
    return _cipher().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Return what was encrypted, with any of the keys.

    Raises:
        cryptography.fernet.InvalidToken: None of the keys fits; the factor is lost and
            must be reset.
    """
    return _cipher().decrypt(text.encode()).decode()


@cache
def _cipher() -> "MultiFernet":
    """Return what encrypts, as the settings want it.

    Raises:
        ValueError: A key of ``STAFF_MFA_KEYS`` is no Fernet key.
    """
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415

    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = settings.STAFF_MFA_KEYS or [_derive(secret) for secret in secrets]
    return MultiFernet([Fernet(key) for key in keys])


def _derive(secret: str) -> bytes:
    """Return a key for this purpose alone."""
    digest = hashlib.sha256(f"staff.secrets:{secret}".encode()).digest()
    return base64.urlsafe_b64encode(digest)


def _forget(*, setting: str, **_signal: object) -> None:
    """Build the cipher again when a test has changed the settings."""
    if setting in SETTINGS:
        _cipher.cache_clear()


setting_changed.connect(_forget)
