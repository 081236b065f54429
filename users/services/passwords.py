"""Writes to passwords; hashing, slow by design, comes before the transaction."""

from django.contrib.auth.hashers import make_password

from custom import outbox
from custom.limits.identity import UNKNOWN_ADDRESS
from custom.transactions import transactional
from users.errors import PasswordWrongError
from users.links import PASSWORD_RESET
from users.models import AuthToken, User
from users.services.devices import log_out_everywhere
from users.services.proofs import note_proof
from users.services.tries import count_try, forget_tries


def change_password(
    user: User,
    *,
    current: str,
    new: str,
    keep: AuthToken | None = None,
    address: str = UNKNOWN_ADDRESS,
) -> None:
    """Set another password and sign every device out but the one in hand.

    Args:
        user: Whose it is; its new password is set in place.
        current: The password until now.
        new: Already held against the rules.
        keep: The token of the request, which stays; None for a session.
        address: The client's, as ``client_address`` returns it.

    Raises:
        PasswordWrongError: ``current`` is not the password, or no longer; nothing
            is changed.
        SignInLockedError: Too many were tried; this one was not.
    """
    confirm_password(user, current, address)
    _replace_password(user, make_password(new), keep)


@transactional
def store_password(user: User) -> None:
    """Store the password that was set on ``user``; ends its devices and sessions.

    For pages of staff, which have asked for what they want to know.
    """
    user.save(update_fields=["password"])
    log_out_everywhere(user)


def confirm_password(user: User, current: str, address: str) -> None:
    """Make sure that it is still the owner who asks; counted as a sign-in is.

    Raises:
        PasswordWrongError: ``current`` is not the account's password.
        SignInLockedError: Too many were tried; this one was not.
    """

    def check() -> User | None:
        return user if user.check_password(current) else None

    if count_try(user.email, address, check) is None:
        raise _password_wrong()


def lock_confirmed(user: User) -> User:
    """Return the account locked, if the password that was checked is still its own.

    Whoever has just been shut out by another password gets nothing more.

    Raises:
        PasswordWrongError: It has another by now, or is closed.
    """
    locked = User.objects.lock(user.pk)
    if locked is None or not locked.is_active or locked.password != user.password:
        raise _password_wrong()
    return locked


@transactional
def request_password_reset(email: str) -> None:
    """Have a mail sent; 2 statements, whether the address is known or not."""
    user = User.objects.active().with_email(email).first()
    name = str(user.public_id) if user else ""
    outbox.publish("user.password_reset_wanted", {"user": name})


def reset_password(token: str, new: str) -> None:
    """Set another password by a mail's token, once; signs every device out.

    Who reads the mail owns the address, so it counts as verified.

    Raises:
        LinkInvalidError: The token is old, used, or none; nothing is changed.
    """
    _use_reset_token(token, make_password(new))


@transactional
def _replace_password(user: User, hashed: str, keep: AuthToken | None) -> None:
    """Swap the hash that was checked for another; of two at once one succeeds."""
    unchanged = User.objects.filter(pk=user.pk, password=user.password)
    if not unchanged.update(password=hashed):
        raise _password_wrong()
    user.password = hashed
    devices = AuthToken.objects.filter(user=user)
    devices.exclude(pk=keep.pk if keep else None).delete()


@transactional
def _use_reset_token(token: str, hashed: str) -> None:
    """Check the token against the locked account, which makes it work once."""
    user = PASSWORD_RESET.user_of(token, lock=True)
    user.password = hashed
    note_proof(user)
    user.save(update_fields=["password", "email_verified_at"])
    AuthToken.objects.filter(user=user).delete()
    forget_tries(user)


def _password_wrong() -> PasswordWrongError:
    return PasswordWrongError("The current password is not right.")
