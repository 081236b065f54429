"""Writes to tokens: signing devices in and out."""

from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string
from knox.settings import knox_settings

from custom.limits.identity import UNKNOWN_ADDRESS
from custom.transactions import transactional
from users.errors import CredentialsInvalidError
from users.models import AuthToken, User
from users.services.tries import user_of_password


class SignIn(NamedTuple):
    """A new token; the secret exists nowhere else."""

    token: AuthToken
    secret: str


def log_in(
    *,
    email: str,
    password: str,
    device: str = "",
    otp: str = "",
    address: str = UNKNOWN_ADDRESS,
) -> SignIn:
    """Check a password and sign a device in.

    An unknown address, a wrong password and a closed account take the same time and
    answer alike: each runs the password hasher once, before any transaction.

    Args:
        email: Anything that was typed as one.
        password: Whatever was typed.
        device: What its owner calls it.
        otp: A code of the second factor, where the account has one.
        address: The client's, as ``client_address`` returns it.

    Raises:
        CredentialsInvalidError: No active account has this address and password.
        SecondFactorRequiredError: They are right, but there is no code with them.
        SecondFactorWrongError: They are right, and the code is not.
        SignInLockedError: Too many were tried; this one was not.
    """
    user = user_of_password(email=email, password=password, address=address)
    if user is None:
        raise _credentials_invalid()
    for path in settings.SIGN_IN_CHECKS:
        import_string(path)(user, otp)
    return _issue_token(user, device)


@transactional
def log_out(token: AuthToken) -> None:
    """End one token; the user's other devices stay signed in."""
    AuthToken.objects.filter(pk=token.pk).delete()


@transactional
def extend_token(token: AuthToken) -> None:
    """Record a use, which moves the expiry; 1 UPDATE, and once a day 2.

    Of requests that use one token at the same time, the first writes. The account
    remembers the use when the token has gone; its row is written first, as at sign-in.
    """
    now = timezone.now()
    if not token.user.is_use_recorded(now):
        User.objects.filter(pk=token.user_id).update(used_at=now)
    stale = now - timedelta(seconds=knox_settings.MIN_REFRESH_INTERVAL)
    AuthToken.objects.unused_since(stale).filter(pk=token.pk).update(
        last_used_at=now, expiry=now + knox_settings.TOKEN_TTL
    )


@transactional
def log_out_everywhere(user: User) -> None:
    """End every token and every session of a user."""
    AuthToken.objects.filter(user=user).delete()
    end_sessions(user)


@transactional
def end_sessions(user: User) -> None:
    """End every session of a user; tokens stay. ``user`` is brought up to date."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])


@transactional
def _issue_token(user: User, device: str) -> SignIn:
    """Store a token and drop those long dead.

    The user's row is written first: the foreign key of a token locks it in share
    mode, and two log-ins that both wanted to write it then would deadlock.
    """
    now = timezone.now()
    # Neither closed nor given another password since the password was checked.
    same = User.objects.active().filter(pk=user.pk, password=user.password)
    if not same.update(last_login=now):
        raise _credentials_invalid()
    long_dead = now - knox_settings.TOKEN_TTL
    AuthToken.objects.filter(user=user).expired_before(long_dead).delete()
    token, secret = AuthToken.objects.create(user=user, device=device, last_used_at=now)
    return SignIn(token, secret)


def _credentials_invalid() -> CredentialsInvalidError:
    """Say the same for every reason."""
    return CredentialsInvalidError("The address or the password is not right.")
