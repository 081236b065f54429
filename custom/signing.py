"""Tokens that are computed and so need not be stored.

A token signs what it opens with the secret key. Those made with a former key go on
working while it is a fallback.
"""

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac


def sign(value: str, *, salt: str) -> str:
    """Return the signature of a value, 64 hexadecimal digits."""
    return _sign(value, salt, settings.SECRET_KEY)


def is_signature(signature: str, value: str, *, salt: str) -> bool:
    """Tell, in constant time, whether a value was signed so by this shop."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    matches = [
        constant_time_compare(_sign(value, salt, each), signature) for each in secrets
    ]
    return any(matches)


def _sign(value: str, salt: str, secret: str) -> str:
    return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()
