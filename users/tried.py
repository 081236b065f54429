"""What an account, or a mailbox, is called where it must not be named."""

from custom.limits.identity import tried_ident
from users.emails import mailbox_of, normalize_email


def account_digest(email: str) -> str:
    """Return what stands for an address, in any spelling, known or not."""
    return tried_ident(normalize_email(email))


def mailbox_digest(email: str) -> str:
    """Return what stands for the one mailbox an address reaches; look-alikes differ."""
    return tried_ident(mailbox_of(email))
