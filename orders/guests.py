"""The token by which a guest opens an order again.

It is computed from the order and the secret key, so it is stored nowhere and can be
told again when a request is repeated.
"""

import uuid

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "orders.guests.token"


def guest_token(public_id: uuid.UUID) -> str:
    """Return the token of an order, 64 hexadecimal digits."""
    return _token(public_id, settings.SECRET_KEY)


def is_guest_token(public_id: uuid.UUID, token: str) -> bool:
    """Tell, in constant time, whether a token opens an order.

    Tokens made with a former secret key go on working while it is a fallback.
    """
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    matches = [constant_time_compare(_token(public_id, s), token) for s in secrets]
    return any(matches)


def _token(public_id: uuid.UUID, secret: str) -> str:
    return salted_hmac(
        _SALT, public_id.hex, secret=secret, algorithm="sha256"
    ).hexdigest()
