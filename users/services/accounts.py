"""Writes to accounts: registration, profile, proof of the address."""

from typing import NamedTuple, TypedDict, Unpack

from custom import outbox
from custom.history import record_all, recorded
from custom.idempotency import RequestKey, run_once
from custom.transactions import transactional
from users.errors import AccountGoneError, EmailTakenError
from users.links import VERIFICATION
from users.models import User
from users.services.proofs import note_proof


class Registration(NamedTuple):
    """An account, and whether an earlier request with the same key made it."""

    user: User
    is_replay: bool


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


@transactional
def update_profile(user: User, **changes: Unpack[Profile]) -> User:
    """Store what the owner changed, and nothing else of the row."""
    for name, value in changes.items():
        setattr(user, name, value)
    with recorded("Profile changed."):
        user.save(update_fields=changes)
    return user


@transactional
def verify_email(token: str) -> User:
    """Note that the owner reads the mails of the address; again is harmless.

    Locks the account: the address may be changed meanwhile, and is not proved by this.

    Raises:
        LinkInvalidError: The token is old, was made for another address, or is none.
    """
    user = VERIFICATION.user_of(token, lock=True)
    if note_proof(user):
        with recorded("Address verified.", actor=user):
            user.save(update_fields=["email_verified_at"])
    return user


@transactional
def request_verification(email: str) -> None:
    """Have the mail sent again; 2 statements, whether the address is known or not."""
    waiting = User.objects.active().with_email(email).unverified().first()
    outbox.publish("user.verification_wanted", {"user": _name(waiting)})


def _name(user: User | None) -> str:
    """Return what a message names an account by; empty for nobody."""
    return str(user.public_id) if user else ""


@transactional
def _store_user(user: User) -> User:
    """Insert an account and its first version; the first statement decides any race."""
    User.objects.add_unless_taken(user)
    stored = User.objects.filter(public_id=user.public_id).first()
    if stored is None:
        msg = "An account with this address exists already."
        raise EmailTakenError(msg)
    with recorded("Account created.", actor=stored):
        record_all([stored], created=True)
    outbox.publish("user.registered", {"user": _name(stored)})
    return stored
