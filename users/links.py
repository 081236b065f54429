"""Tokens that prove that somebody reads the mails of an account; stored nowhere.

Each is the account's public id and a signature by Django's generator, valid for
``PASSWORD_RESET_TIMEOUT`` seconds.
"""

import uuid

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from users.errors import LinkInvalidError
from users.models import User


class MailToken(PasswordResetTokenGenerator):
    """Tokens of one purpose.

    They end with what Django's generator signs: a password reset once the password
    has been changed, or its owner has signed in.
    """

    key_salt = "users.links.password_reset"

    def make(self, user: User) -> str:
        """Return a fresh token for a mail."""
        return f"{user.public_id.hex}.{self.make_token(user)}"

    def user_of(self, token: str, *, lock: bool = False) -> User:
        """Return the active account a token was made for; 1 query.

        Args:
            token: Whatever a client sent.
            lock: Read the account under an exclusive lock.

        Raises:
            LinkInvalidError: The token is old, used, or none.
        """
        name, _, signature = token.partition(".")
        accounts = User.objects.active()
        if lock:
            accounts = accounts.select_for_update()
        try:
            user = accounts.filter(public_id=uuid.UUID(hex=name)).first()
        except ValueError:
            user = None
        if user is None or not self.check_token(user, signature):
            msg = "This link is not valid any more. Please ask for another mail."
            raise LinkInvalidError(msg)
        return user


class _VerificationToken(MailToken):
    """Tokens that end with the address they were sent to; using one twice is fine."""

    key_salt = "users.links.verification"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{user.pk}{user.email_normalized}{timestamp}"


PASSWORD_RESET = MailToken()
VERIFICATION = _VerificationToken()
