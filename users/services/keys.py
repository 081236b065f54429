"""Writes to API keys: making, using, revoking."""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple, NotRequired, TypedDict, Unpack

from django.conf import settings
from django.utils import timezone
from knox.crypto import hash_token

from custom import outbox
from custom.history import recorded
from custom.limits.identity import UNKNOWN_ADDRESS
from custom.transactions import transactional
from users.errors import KeyOwnerError, ScopesNotHeldError, TooManyKeysError
from users.models import KEY_USE_INTERVAL, ApiKey, User
from users.scopes import missing_scopes
from users.services.passwords import confirm_password, lock_confirmed

SECRET_BYTES: Final = 32
SHOWN_LENGTH: Final = 8  # characters of the secret that lists show
MOST_KEYS: Final = 50  # alive, of one account


class KeyFields(TypedDict):
    """What whoever makes a key says of it."""

    name: str
    scopes: Collection[str]
    expires_at: NotRequired[datetime | None]


class NewKey(NamedTuple):
    """A key that was just made; the secret exists nowhere else."""

    key: ApiKey
    secret: str


def make_own_key(
    owner: User,
    *,
    current: str,
    address: str = UNKNOWN_ADDRESS,
    **key: Unpack[KeyFields],
) -> NewKey:
    """Store a key for whoever asks; raises as ``make_key`` does.

    Raises:
        PasswordWrongError: ``current`` is not the owner's password.
        SignInLockedError: Too many passwords were tried; this one was not.
    """
    confirm_password(owner, current, address)
    return _make_confirmed(owner, key)


@transactional
def make_key(
    owner: User,
    *,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None = None,
    actor: User | None = None,
) -> NewKey:
    """Store a key that acts for an account, within some scopes; its owner is mailed.

    Locks the account.

    Args:
        owner: Whose rights bound what the key may do, at each request anew.
        name: For people, to find it among others.
        scopes: Codes of ``users.scopes``; at least one.
        expires_at: When it ends by itself; None for never.
        actor: Who makes it; None for the owner.

    Raises:
        KeyOwnerError: The actor may not give the powers of this owner away.
        ScopesNotHeldError: A scope is unknown, or the owner may not do it itself.
        TooManyKeysError: The owner has as many keys as an account may have.
    """
    actor = actor or owner
    if actor != owner and owner.is_staff and not actor.is_superuser:
        msg = "Only a superuser makes keys that act for others of the staff."
        raise KeyOwnerError(msg)
    if missing := missing_scopes(owner, scopes):
        msg = f"The owner of the key may not do this: {', '.join(missing)}."
        raise ScopesNotHeldError(msg, scopes=missing)
    User.objects.lock(owner.pk)
    now = timezone.now()
    if ApiKey.objects.filter(user=owner).alive(now).count() >= MOST_KEYS:
        msg = f"An account has {MOST_KEYS} keys at most. Revoke one that is not used."
        raise TooManyKeysError(msg)
    secret = f"{settings.API_KEY_PREFIX}{secrets.token_hex(SECRET_BYTES)}"
    with recorded("API key made.", actor=actor):
        key = ApiKey.objects.create(
            user=owner,
            name=name,
            digest=hash_token(secret),
            hint=secret[: len(settings.API_KEY_PREFIX) + SHOWN_LENGTH],
            scopes=sorted({*scopes}),
            expires_at=expires_at,
            created_by=actor,
        )
    outbox.publish("key.made", {"key": key.pk})
    return NewKey(key, secret)


@transactional
def _make_confirmed(owner: User, key: KeyFields) -> NewKey:
    """Make a key for whoever has proved to be the owner, and still is."""
    return make_key(lock_confirmed(owner), **key)


@transactional
def revoke_key(key: ApiKey, *, actor: User) -> bool:
    """End a key at once and for good; its owner is mailed. False: it had ended."""
    found = ApiKey.objects.select_for_update().get(pk=key.pk)
    if found.revoked_at is not None:
        return False
    found.revoked_at = timezone.now()
    with recorded("API key revoked.", actor=actor):
        found.save(update_fields=["revoked_at"])
    outbox.publish("key.revoked", {"key": key.pk})
    return True


@transactional
def record_key_use(key: ApiKey) -> None:
    """Record a use; 1 UPDATE. Of requests at the same time, the first writes."""
    now = timezone.now()
    ApiKey.objects.unused_since(now - KEY_USE_INTERVAL).filter(pk=key.pk).update(
        last_used_at=now
    )
