"""Passwords and codes that are tried: each is counted, then checked, and some are not.

Counted in the database, where nothing is lost with Redis; an account that does not
exist is counted, locked and answered as any other. See
docs/decisions/0051-sign-in-locks.md.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import Case, F, Value, When
from django.utils import timezone

from custom import outbox
from custom.limits.identity import tried_ident
from custom.purging import purge_in_batches
from custom.rates import Rate, parse_rate
from custom.transactions import transactional
from users.errors import LinkInvalidError, SignInLockedError, StaffLockError
from users.links import UNLOCK
from users.models import SignInTries, User
from users.querysets import SignInTriesQuerySet
from users.tried import account_digest

T = TypeVar("T")
Kind = SignInTries.Kind
MAILED: Final = frozenset({Kind.PAIR, Kind.ACCOUNT})  # whose locks an owner can end
SETTINGS: Final = {
    Kind.PAIR: "SIGN_IN_LOCK",
    Kind.ACCOUNT: "SIGN_IN_LOCK_ACCOUNT",
    Kind.ADDRESS: "SIGN_IN_LOCK_ADDRESS",
    Kind.CODE: "STAFF_MFA_RATE",
}
KEPT: Final = timedelta(days=2)  # longer than any mail works
PURGE_BATCH: Final = 1_000


def user_of_password(*, email: str, password: str, address: str) -> User | None:
    """Return the active account of an address and password, if they are right.

    Whatever is wrong takes the same time and the same statements.

    Args:
        email: Anything that was typed as one.
        password: Whatever was typed.
        address: Where from, as ``client_address`` returns it.

    Raises:
        SignInLockedError: Too many were tried; this one was not.
    """

    def check() -> User | None:
        found = authenticate(username=email, password=password)
        return found if isinstance(found, User) else None

    return count_try(email, address, check)


def count_try(email: str, address: str, check: Callable[[], T | None]) -> T | None:
    """Check what is tried of an account, unless too many were; outside transactions.

    However many try at once, exactly as many are checked as the settings allow. What
    is right counts no more, and lets its account begin anew.

    Raises:
        SignInLockedError: Too many were tried; ``check`` was not called.
    """
    rows = list(_rows(email, address))
    msg = "Too many passwords were tried. Please wait, or see your mails."
    is_last = _take_try(rows, msg)
    found = check()
    if found is not None:
        _give_back(rows)
    elif is_last:
        _tell_owner(email)
    return found


def count_code(user: User, check: Callable[[], T | None]) -> T | None:
    """Check a code of an account's second factor, as ``count_try`` does a password.

    A lock of codes ends by time alone: neither a mail nor another password ends it,
    since both are what a second factor stands in for.

    Raises:
        SignInLockedError: Too many were tried; ``check`` was not called.
    """
    rows = [
        SignInTries(
            digest=tried_ident(f"{Kind.CODE} {user.pk}"),
            kind=Kind.CODE,
            account=account_digest(user.email),
            quiet_at=timezone.now(),
        )
    ]
    _take_try(rows, "Too many codes were tried. Please wait.")
    found = check()
    if found is not None:
        _give_back(rows)
    return found


@transactional
def unlock_sign_in(token: str) -> None:
    """Let passwords of an account be tried again, by a mail's token, once.

    Raises:
        LinkInvalidError: The token is old, used, or none.
    """
    user = UNLOCK.user_of(token, lock=True)
    if not forget_tries(user):
        msg = "This link is not valid any more. Please ask for another mail."
        raise LinkInvalidError(msg)


@transactional
def unlock_for(user: User, *, actor: User) -> bool:
    """Let passwords of somebody be tried again; tell whether any had been.

    Raises:
        StaffLockError: The account is of the staff, and the actor no superuser: who
            answers the telephone is not to help guesses at those who may do more.
    """
    if (user.is_staff or user.is_superuser) and not actor.is_superuser:
        msg = "Only a superuser unlocks accounts of the staff."
        raise StaffLockError(msg)
    return forget_tries(user) > 0


@transactional
def forget_tries(user: User) -> int:
    """Let an account begin anew, wherever it was tried from; 2 statements. Count rows.

    Codes of a second factor are not forgotten.
    """
    now = timezone.now()
    of_account = SignInTries.objects.of_account(account_digest(user.email))
    tried = of_account.exclude(kind=Kind.CODE).values_list("digest", flat=True)
    rows = SignInTries.objects.of_digests(list(tried))
    return rows.update(tries=0, quiet_at=now, unlocked_at=now)


def purge_tries() -> int:
    """Delete what has been quiet for longer than a mail works; count it."""
    return purge_in_batches(ended_tries(), batch=PURGE_BATCH)


def ended_tries() -> SignInTriesQuerySet:
    """Return the tries that lock nothing any more."""
    return SignInTries.objects.quiet_since(timezone.now() - KEPT)


@transactional
def _take_try(wanted: Sequence[SignInTries], refusal: str) -> bool:
    """Count one try; tell whether it is the last before a lock that a mail ends.

    Args:
        wanted: What it counts in, as it would first be stored.
        refusal: What is said where too many were tried.

    Raises:
        SignInLockedError: One is used up; nothing is counted.
    """
    now = timezone.now()
    rates = dict(_rates())
    rows = SignInTries.objects.lock_or_add([row for row in wanted if row.kind in rates])
    ends = [
        row.quiet_at
        for row in rows
        if row.tries >= rates[row.kind].limit and row.quiet_at > now
    ]
    if ends:
        seconds = math.ceil((max(ends) - now).total_seconds())
        raise SignInLockedError(refusal, retry_after=seconds)
    for row in rows:
        row.tries = row.tries + 1 if row.quiet_at > now else 1
        row.quiet_at = now + timedelta(seconds=rates[row.kind].window)
    SignInTries.objects.bulk_update(rows, ["tries", "quiet_at"])
    return any(
        row.kind in MAILED and row.tries == rates[row.kind].limit for row in rows
    )


@transactional
def _give_back(rows: Sequence[SignInTries]) -> None:
    """Let the account begin anew; of the client address this one try alone counts not.

    Else whoever has an account of their own could try others without end.
    """
    digests = [row.digest for row in rows]
    one_less = When(kind=Kind.ADDRESS, tries__gt=0, then=F("tries") - 1)
    SignInTries.objects.of_digests(digests).update(
        tries=Case(one_less, default=Value(0))
    )


@transactional
def _tell_owner(email: str) -> None:
    """Have a mail sent; 2 statements, whether the address is known or not."""
    user = User.objects.active().with_email(email).first()
    name = str(user.public_id) if user else ""
    outbox.publish("user.sign_in_locked", {"user": name})


def _rates() -> Iterator[tuple[str, Rate]]:
    """Yield how many tries are let, and after how many quiet seconds it begins anew."""
    for kind, name in SETTINGS.items():
        if rate := parse_rate(getattr(settings, name)):
            yield kind, rate


def _rows(email: str, address: str) -> Iterator[SignInTries]:
    """Yield what a try counts in, as it would first be stored."""
    account, now = account_digest(email), timezone.now()
    for kind, text, owner in (
        (Kind.PAIR, f"{account} {address}", account),
        (Kind.ACCOUNT, account, account),
        (Kind.ADDRESS, address, ""),
    ):
        digest = tried_ident(f"{kind} {text}")
        yield SignInTries(digest=digest, kind=kind, account=owner, quiet_at=now)
