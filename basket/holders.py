"""Who a basket belongs to: an account, or whoever shows a token.

A guest's token is an unguessable id and its signature. It is stored nowhere: the
database knows the id alone, and a token this shop has not made opens nothing. It stays
the same from basket to basket.
"""

import re
import secrets
from dataclasses import dataclass

from custom.signing import is_signature, sign
from users.models import User

_SALT = "basket.holders.token"
_ID_DIGITS = 32  # hexadecimal
_TOKEN = re.compile(rf"[0-9a-f]{{{_ID_DIGITS + 64}}}")


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has at most one open basket.

    Attributes:
        key: ``user:5``, or ``guest:`` and an id; not secret.
        user_id: None for a guest.
    """

    key: str
    user_id: int | None = None

    @property
    def token(self) -> str | None:
        """Return what a guest shows to be known again; None for an account."""
        if self.user_id is not None:
            return None
        guest_id = self.key.removeprefix("guest:")
        return guest_id + sign(guest_id, salt=_SALT)


def holder_of_user(user: User) -> Holder:
    """Return an account as a holder of baskets."""
    return Holder(f"user:{user.pk}", user.pk)


def new_guest() -> Holder:
    """Return a guest nobody has seen before."""
    return Holder(f"guest:{secrets.token_hex(_ID_DIGITS // 2)}")


def guest_of_token(token: str) -> Holder | None:
    """Return the guest whose token this is; None if the shop has not made it."""
    if not _TOKEN.fullmatch(token):
        return None
    guest_id = token[:_ID_DIGITS]
    if not is_signature(token[_ID_DIGITS:], guest_id, salt=_SALT):
        return None
    return Holder(f"guest:{guest_id}")
