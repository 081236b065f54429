"""Every write to accounts and their tokens."""

from datetime import timedelta
from typing import NamedTuple, TypedDict, Unpack

from django.contrib.auth import authenticate
from django.utils import timezone
from knox.settings import knox_settings

from custom.idempotency import RequestKey, run_once
from custom.transactions import transactional
from users.errors import AccountGoneError, CredentialsInvalidError, EmailTakenError
from users.models import AuthToken, User


class Registration(NamedTuple):
    """An account, and whether an earlier request with the same key made it."""

    user: User
    is_replay: bool


class SignIn(NamedTuple):
    """A new token; the secret exists nowhere else."""

    token: AuthToken
    secret: str


class Profile(TypedDict, total=False):
    """What owners may change of their own account."""

    first_name: str
    last_name: str


def register_user(
    *,
    email: str,
    password: str,
    request_key: RequestKey | None = None,
    **names: Unpack[Profile],
) -> Registration:
    """Store a new account, once for each request key if there is one.

    The password is hashed before the transaction: that is slow by design.

    Raises:
        EmailTakenError: The address belongs to another account, whatever its
            spelling; nothing is changed.
        AccountGoneError: The key's account has been deleted since.
    """
    user = User(email=email.strip(), **names)
    user.set_password(password)
    if request_key is None:
        return Registration(_store_user(user), is_replay=False)
    made = str(user.public_id)
    outcome = run_once(
        request_key, lambda: str(_store_user(user).public_id), makes=made
    )
    stored = User.objects.filter(public_id=outcome.made).first()
    if stored is None:
        msg = "The account this request made has been deleted."
        raise AccountGoneError(msg)
    return Registration(stored, outcome.is_replay)


def log_in(*, email: str, password: str, device: str = "") -> SignIn:
    """Check a password and sign a device in.

    An unknown address, a wrong password and a closed account take the same time and
    answer alike: each runs the password hasher once, before any transaction.

    Raises:
        CredentialsInvalidError: No active account has this address and password.
    """
    user = authenticate(username=email, password=password)
    if not isinstance(user, User):
        raise _credentials_invalid()
    return _issue_token(user, device)


@transactional
def log_out(token: AuthToken) -> None:
    """End one token; the user's other devices stay signed in."""
    AuthToken.objects.filter(pk=token.pk).delete()


@transactional
def extend_token(token: AuthToken) -> None:
    """Record a use, which moves the expiry; 1 UPDATE.

    Of requests that use one token at the same time, the first writes.
    """
    now = timezone.now()
    stale = now - timedelta(seconds=knox_settings.MIN_REFRESH_INTERVAL)
    AuthToken.objects.unused_since(stale).filter(pk=token.pk).update(
        last_used_at=now, expiry=now + knox_settings.TOKEN_TTL
    )


@transactional
def update_profile(user: User, **changes: Unpack[Profile]) -> User:
    """Store what the owner changed, and nothing else of the row."""
    for name, value in changes.items():
        setattr(user, name, value)
    user.save(update_fields=changes)
    return user


@transactional
def _store_user(user: User) -> User:
    """Insert an account; 2 queries, of which the first decides any race."""
    User.objects.add_unless_taken(user)
    stored = User.objects.filter(public_id=user.public_id).first()
    if stored is None:
        msg = "An account with this address exists already."
        raise EmailTakenError(msg)
    return stored


@transactional
def _issue_token(user: User, device: str) -> SignIn:
    """Store a token and drop those long dead.

    The user's row is written first: the foreign key of a token locks it in share
    mode, and two log-ins that both wanted to write it then would deadlock.
    """
    now = timezone.now()
    if not User.objects.active().filter(pk=user.pk).update(last_login=now):
        raise _credentials_invalid()  # closed since the password was checked
    long_dead = now - knox_settings.TOKEN_TTL
    AuthToken.objects.filter(user=user).expired_before(long_dead).delete()
    token, secret = AuthToken.objects.create(user=user, device=device, last_used_at=now)
    return SignIn(token, secret)


def _credentials_invalid() -> CredentialsInvalidError:
    """Say the same for every reason."""
    return CredentialsInvalidError("The address or the password is not right.")
