"""Tokens that prove that somebody reads the mails of an address; stored nowhere.

Each is the public id of a row and a signature, by Django's generator and valid for
``PASSWORD_RESET_TIMEOUT`` seconds unless it says otherwise.
"""

import uuid
from typing import Any, TypeVar

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db.models import Max, Model, QuerySet

from custom.signing import is_signature, sign
from users.errors import LinkInvalidError
from users.models import EmailChange, Erasure, SignInTries, User
from users.tried import account_digest

Row = TypeVar("Row", bound=Model)


def signed(*facts: object) -> str:
    """Return what a token signs of its row, in one text.

    A space keeps facts apart: account 4 of ``2ada@…`` is not 42 of ``ada@…``.
    """
    return " ".join(map(str, facts))


class RowToken(PasswordResetTokenGenerator):
    """Tokens of one purpose for rows of one model."""

    def make(self, row: Any) -> str:  # noqa: ANN401 - a row with a ``public_id``
        """Return a fresh token for a mail."""
        return f"{row.public_id.hex}.{self.make_token(row)}"

    def find(self, token: str, rows: QuerySet[Row]) -> Row:
        """Return the row that a token was made for, of those; 1 query.

        Raises:
            LinkInvalidError: The token is old, used, or none.
        """
        name, _, signature = token.partition(".")
        try:
            row = rows.filter(public_id=uuid.UUID(hex=name)).first()
        except ValueError:
            row = None
        # Typed for accounts, though it asks no more of them than the value to sign.
        account: Any = row
        if row is None or not self.check_token(account, signature):
            msg = "This link is not valid any more. Please ask for another mail."
            raise LinkInvalidError(msg)
        return row


class MailToken(RowToken):
    """Tokens for an account.

    They end with what Django's generator signs: a password reset once the password
    has been changed, or its owner has signed in.
    """

    key_salt = "users.links.password_reset"

    def user_of(self, token: str, *, lock: bool = False) -> User:
        """Return the active account a token was made for; 1 query.

        Args:
            token: Whatever a client sent.
            lock: Read the account under an exclusive lock.

        Raises:
            LinkInvalidError: The token is old, used, or none.
        """
        accounts = User.objects.active()
        return self.find(token, accounts.select_for_update() if lock else accounts)


class _VerificationToken(MailToken):
    """Tokens that end with the address they were sent to; using one twice is fine."""

    key_salt = "users.links.verification"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return signed(user.pk, user.email_normalized, timestamp)


class _ChangeToken(RowToken):
    """Tokens for a change of an address, which end once the change is decided.

    They end with the password too: whoever asked for the change knew that one, and an
    owner who chooses another wants nothing of them to go on.
    """

    key_salt = "users.links.email_change"

    def change_of(self, token: str) -> EmailChange:
        """Return the change of an active account that a token was made for; 1 query.

        Raises:
            LinkInvalidError: The token is old, used, or none.
        """
        return self.find(token, EmailChange.objects.of_active_accounts())

    def _make_hash_value(self, change: Any, timestamp: int) -> str:  # noqa: ANN401
        decided = change.confirmed_at, change.stopped_at
        return signed(change.pk, change.user.password, *decided, timestamp)


class _StopToken(_ChangeToken):
    """Tokens that stop a change, confirmed or not, whatever the password is by now."""

    key_salt = "users.links.email_change_stop"

    def _make_hash_value(self, change: Any, timestamp: int) -> str:  # noqa: ANN401
        return signed(change.pk, change.stopped_at, timestamp)


class _UnlockToken(MailToken):
    """Tokens that end a lock, once; they end with the address they were sent to."""

    key_salt = "users.links.unlock"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        account = account_digest(user.email)
        tried = SignInTries.objects.of_account(account)
        unlocked = tried.aggregate(at=Max("unlocked_at"))["at"]
        return signed(user.pk, account, unlocked, timestamp)


class _ErasureToken(RowToken):
    """Tokens that withdraw an erasure, for as long as it can be withdrawn.

    Each mail's takes the place of the one before.
    """

    key_salt = "users.links.erasure"

    def make_token(self, user: Any) -> str:  # noqa: ANN401 - an erasure
        """Return the signature of the last mail."""
        return sign(self._signed(user), salt=self.key_salt)

    def check_token(self, user: Any, token: str | None) -> bool:  # noqa: ANN401
        """Tell whether the last mail was signed so."""
        return is_signature(token or "", self._signed(user), salt=self.key_salt)

    def _signed(self, erasure: Erasure) -> str:
        return signed(erasure.public_id.hex, erasure.told_at.isoformat())


PASSWORD_RESET = MailToken()
VERIFICATION = _VerificationToken()
UNLOCK = _UnlockToken()
EMAIL_CHANGE = _ChangeToken()
EMAIL_CHANGE_STOP = _StopToken()
ERASURE = _ErasureToken()
