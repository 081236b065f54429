"""What an account is called where it must not be named."""

from custom.throttling.identity import tried_ident
from users.emails import normalize_email


def account_digest(email: str) -> str:
    """Return what stands for an address, in any spelling, known or not."""
    return tried_ident(normalize_email(email))
