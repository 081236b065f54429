"""The token by which a guest opens an order again.

It is computed from the order and the secret key, so it is stored nowhere and can be
told again when a request is repeated.
"""

import uuid

from custom.signing import is_signature, sign

_SALT = "orders.guests.token"


def guest_token(public_id: uuid.UUID) -> str:
    """Return the token of an order, 64 hexadecimal digits."""
    return sign(public_id.hex, salt=_SALT)


def is_guest_token(public_id: uuid.UUID, token: str) -> bool:
    """Tell, in constant time, whether a token opens an order."""
    return is_signature(token, public_id.hex, salt=_SALT)
