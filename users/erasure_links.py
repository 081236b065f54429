"""The token of a mail by which an erasure is withdrawn; stored nowhere.

It is good for as long as the erasure can be withdrawn.
"""

import uuid

from custom.signing import is_signature, sign
from users.errors import LinkInvalidError

_SALT = "users.erasure_links.token"


def erasure_token(public_id: uuid.UUID) -> str:
    """Return the token that withdraws an erasure."""
    return f"{public_id.hex}.{sign(public_id.hex, salt=_SALT)}"


def erasure_of_token(token: str) -> uuid.UUID:
    """Return the public id of the erasure a token was made for.

    Raises:
        LinkInvalidError: This shop has not made it.
    """
    name, _, signature = token.partition(".")
    try:
        public_id = uuid.UUID(hex=name)
    except ValueError:
        public_id = None
    if public_id is None or not is_signature(signature, public_id.hex, salt=_SALT):
        msg = "This link is not valid any more."
        raise LinkInvalidError(msg)
    return public_id
