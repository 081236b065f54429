"""Mails about accounts: proof of an address, another one, a forgotten password."""

import uuid

from django.conf import settings
from django.utils.translation import gettext as _

from custom.models import OutboxMessage
from custom.outbox import external_effect
from notifications.mails import send_mail
from users.links import (
    EMAIL_CHANGE,
    EMAIL_CHANGE_STOP,
    PASSWORD_RESET,
    UNLOCK,
    VERIFICATION,
)
from users.models import EmailChange, User

HOUR = 3600  # seconds


@external_effect
def send_verification(message: OutboxMessage) -> None:
    """Mail the token that proves an address, unless there is nothing to prove."""
    user = _user_of(message)
    if user is None or user.is_email_verified:
        return
    token = VERIFICATION.make(user)
    send_mail(
        "verification",
        to=[user.email],
        subject=_("%(shop)s: is this your address?") % {"shop": settings.SHOP_NAME},
        context=_context(user, user.email, token, settings.EMAIL_VERIFICATION_LINK),
        message_id=message.public_id,
    )


@external_effect
def send_password_reset(message: OutboxMessage) -> None:
    """Mail the token that replaces a password; nothing to an unknown address."""
    user = _user_of(message)
    if user is None:
        return
    token = PASSWORD_RESET.make(user)
    send_mail(
        "password_reset",
        to=[user.email],
        subject=_("%(shop)s: another password") % {"shop": settings.SHOP_NAME},
        context=_context(user, user.email, token, settings.PASSWORD_RESET_LINK),
        message_id=message.public_id,
    )


@external_effect
def send_sign_in_locked(message: OutboxMessage) -> None:
    """Mail the token that ends a lock; nothing to an unknown address."""
    user = _user_of(message)
    if user is None:
        return
    token = UNLOCK.make(user)
    send_mail(
        "sign_in_locked",
        to=[user.email],
        subject=_("%(shop)s: too many wrong passwords") % {"shop": settings.SHOP_NAME},
        context=_context(user, user.email, token, settings.SIGN_IN_UNLOCK_LINK),
        message_id=message.public_id,
    )


@external_effect
def send_email_confirmation(message: OutboxMessage) -> None:
    """Mail the token that makes a new address the account's, to that address."""
    change = _change_of(message)
    if change is None or change.confirmed_at or change.stopped_at:
        return
    token = EMAIL_CHANGE.make(change)
    send_mail(
        "email_confirmation",
        to=[change.email],
        subject=_("%(shop)s: is this your new address?") % {"shop": settings.SHOP_NAME},
        context=_context(change.user, change.email, token, settings.EMAIL_CHANGE_LINK),
        message_id=message.public_id,
    )


@external_effect
def send_email_change_wanted(message: OutboxMessage) -> None:
    """Tell the present address that another is wanted, and how to stop it."""
    _send_notice(message, "email_change_wanted")


@external_effect
def send_email_changed(message: OutboxMessage) -> None:
    """Tell the former address that another has taken its place."""
    _send_notice(message, "email_changed")


def _send_notice(message: OutboxMessage, template: str) -> None:
    """Mail the former address of a change that nobody has stopped."""
    change = _change_of(message)
    if change is None or change.stopped_at:
        return
    token = EMAIL_CHANGE_STOP.make(change)
    send_mail(
        template,
        to=[change.former_email],
        subject=_("%(shop)s: your address") % {"shop": settings.SHOP_NAME},
        context=_context(
            change.user, change.former_email, token, settings.EMAIL_CHANGE_STOP_LINK
        ),
        message_id=message.public_id,
    )


def _change_of(message: OutboxMessage) -> EmailChange | None:
    """Return the change a message names, of an active account; 1 query."""
    name = uuid.UUID(message.payload["change"])
    return EmailChange.objects.of_active_accounts().filter(public_id=name).first()


def _user_of(message: OutboxMessage) -> User | None:
    """Return the active account a message names, or None; 1 query, or none."""
    name = message.payload["user"]
    if not name:
        return None
    return User.objects.active().filter(public_id=uuid.UUID(name)).first()


def name_for(user: User, email: str) -> str:
    """Return what a mail to an address calls its reader.

    Whoever makes an account types a name and any address: until the address is
    proved, no mail of the shop's carries their words to it.
    """
    is_theirs = user.is_email_verified and user.email == email
    return user.get_short_name() if is_theirs else email


def _context(user: User, email: str, token: str, place: str) -> dict[str, object]:
    """Return what a mail with a token tells; ``place`` takes the token in a link."""
    return {
        "name": name_for(user, email),
        "token": token,
        "link": place.replace("{token}", token),
        "hours": settings.PASSWORD_RESET_TIMEOUT // HOUR,
    }
