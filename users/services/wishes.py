"""Wishes to be forgotten: asked for, told again, withdrawn."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from custom import outbox
from custom.transactions import transactional
from users.errors import AccountClosedError, LinkInvalidError, StaffErasureError
from users.links import ERASURE
from users.models import Erasure, User
from users.selectors import unused_accounts
from users.services.passwords import confirm_password, lock_confirmed
from users.tried import mailbox_digest

State = Erasure.State
TELL_AGAIN: Final = timedelta(minutes=10)  # between two mails of one wish


def request_erasure(user: User, *, password: str, address: str) -> Erasure:
    """Note that an owner wants to be forgotten, once; mails a way back.

    The password's ``address`` is where it is tried from, as ``client_address`` has it.

    Raises:
        PasswordWrongError: It is not the account's, or no longer; nothing is changed.
        SignInLockedError: Too many were tried; this one was not.
        StaffErasureError: Accounts of the staff are not erased.
    """
    confirm_password(user, password, address)
    return _start_confirmed(user)


@transactional
def start_erasure(user: User, *, actor: User | None = None) -> Erasure:
    """Note that an account is to be erased; locks the account.

    One that is noted already stays as it is; its mail is sent anew, at most every ten
    minutes. The owner has begun it where no ``actor`` of the staff has.

    Raises:
        AccountClosedError: The account has been erased.
        StaffErasureError: The account is of the staff.
    """
    return _note_wish(User.objects.lock(user.pk), actor)


@transactional
def start_unused_erasure(pk: int) -> bool:
    """Note that an account is to be erased if nobody uses it; its owner is warned.

    Locks the account; False where somebody has used it meanwhile.
    """
    locked = User.objects.lock(pk)
    if locked is None or not unused_accounts().filter(pk=pk).exists():
        return False
    _note_wish(locked, for_disuse=True)
    return True


@transactional
def start_guest_erasure(email: str) -> Erasure:
    """Note that what was left with an address is to be erased, once; due at once.

    Accounts are not touched: whoever has one asks there. The caller has seen a proof
    that it is the address's reader who asks.
    """
    now, guest = timezone.now(), mailbox_digest(email)
    wanted = Erasure(guest=guest, mail_to=email, asked_at=now, told_at=now, due_at=now)
    Erasure.objects.bulk_create(
        [wanted],
        update_conflicts=True,
        update_fields=["guest"],  # to what it is
    )
    return Erasure.objects.open().get(guest=guest)


@transactional
def withdraw_erasure(token: str) -> Erasure:
    """End an erasure that has not begun, by its mail's token; again is harmless.

    Raises:
        LinkInvalidError: It is none, or another mail has replaced it, or it is too
            late; nothing is changed.
    """
    erasure = ERASURE.find(token, Erasure.objects.select_for_update())
    if erasure.state not in (State.ASKED, State.WITHDRAWN):
        msg = "It is too late to withdraw this."
        raise LinkInvalidError(msg)
    if erasure.state == State.ASKED:
        end_erasure(erasure, State.WITHDRAWN)
    return erasure


@transactional
def withdraw_wish(user: User, *, since: datetime) -> None:
    """End an erasure that the account itself asked for since, and has not begun."""
    asked = Erasure.objects.filter(user=user, state=State.ASKED, asked_by=None)
    erasure = asked.filter(asked_at__gte=since).select_for_update().first()
    if erasure is not None:
        end_erasure(erasure, State.WITHDRAWN)


def end_erasure(erasure: Erasure, state: Erasure.State) -> None:
    """Store that a locked erasure has come to its end."""
    erasure.state, erasure.is_open, erasure.ended_at = state, None, timezone.now()
    erasure.guest = None
    erasure.save()


@transactional
def _start_confirmed(confirmed: User) -> Erasure:
    """Start it for whoever has proved to be the owner, and still is."""
    return _note_wish(lock_confirmed(confirmed))


def _note_wish(
    locked: User | None, actor: User | None = None, *, for_disuse: bool = False
) -> Erasure:
    """Store the wish of a locked account, or have its mail sent anew."""
    if locked is None or locked.is_erased:
        msg = "This account has been erased."
        raise AccountClosedError(msg)
    if locked.is_staff or locked.is_superuser:
        msg = "Accounts of the staff are not erased. Have it closed instead."
        raise StaffErasureError(msg)
    own = Erasure.objects.open().filter(user=locked)
    open_one = own.select_for_update().first()
    if open_one is not None and not open_one.is_for_disuse:
        _tell_again(open_one)
        return open_one
    if open_one is not None and open_one.state != State.ASKED:
        return open_one
    now, days = timezone.now(), settings.ERASURE_GRACE_DAYS
    if for_disuse:
        days = settings.RETENTION_NOTICE_DAYS
    erasure = open_one or Erasure(user=locked)  # somebody wants now what nobody did
    erasure.asked_by, erasure.is_for_disuse = actor, for_disuse
    erasure.asked_at = erasure.told_at = now
    erasure.due_at = now + timedelta(days=days)
    erasure.save()
    _tell(erasure)
    return erasure


def _tell_again(erasure: Erasure) -> None:
    """Have the mail sent anew, whose token takes the former one's place."""
    now = timezone.now()
    untold = Erasure.objects.filter(pk=erasure.pk, state=State.ASKED)
    if untold.filter(told_at__lte=now - TELL_AGAIN).update(told_at=now):
        _tell(erasure)


def _tell(erasure: Erasure) -> None:
    outbox.publish("user.erasure_asked", {"erasure": str(erasure.public_id)})
