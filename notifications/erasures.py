"""Mails about being forgotten: the way back, and the receipt."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from custom.figures import show_day
from custom.models import OutboxMessage
from custom.outbox import external_effect
from custom.privacy.holdings import holdings, waits_for
from notifications.accounts import name_for
from notifications.mails import send_mail
from users.links import ERASURE
from users.models import Erasure
from users.selectors import person_of
from users.services import forget_receipt_address


@external_effect
def send_erasure_asked(message: OutboxMessage) -> None:
    """Mail the owner when the account will be erased, and how to withdraw it."""
    erasure = _erasure_of(message)
    if erasure is None or erasure.state != Erasure.State.ASKED or not erasure.user:
        return
    token = ERASURE.make(erasure)
    send_mail(
        "erasure_asked",
        to=[erasure.user.email],
        subject=_("%(shop)s: your account will be erased")
        % {"shop": settings.SHOP_NAME},
        context={
            "name": name_for(erasure.user, erasure.user.email),
            "day": show_day(erasure.due_at, settings.LANGUAGE_CODE),
            "is_for_disuse": erasure.is_for_disuse,
            "waits": waits_for(person_of(erasure.user)),
            "token": token,
            "link": settings.ERASURE_WITHDRAW_LINK.replace("{token}", token),
        },
        message_id=message.public_id,
    )


@external_effect
def send_erasure_receipt(message: OutboxMessage) -> None:
    """Mail what was erased and what is kept to where the account had its mails."""
    erasure = _erasure_of(message)
    if erasure is None or not erasure.mail_to:
        return
    send_mail(
        "erasure_done",
        to=[erasure.mail_to],
        subject=_("%(shop)s: your data has been erased") % {"shop": settings.SHOP_NAME},
        context={
            "number": erasure.public_id,
            "is_guest": erasure.user is None,
            "erased": list(_told(erasure.receipt["erased"])),
            "kept": list(_told(erasure.receipt["kept"])),
        },
        message_id=message.public_id,
    )
    forget_receipt_address(erasure)


def _erasure_of(message: OutboxMessage) -> Erasure | None:
    """Return the erasure a message names, with its account; 1 query."""
    public_id = uuid.UUID(message.payload["erasure"])
    found = Erasure.objects.select_related("user").filter(public_id=public_id)
    return found.first()


def _told(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the entries of a receipt with words for their kind, and days to read."""
    tells = {each.name: each.tells for each in holdings()}
    for entry in entries:
        until = entry.get("until")
        day = show_day(_midnight(until), settings.LANGUAGE_CODE) if until else ""
        yield entry | {"tells": tells.get(entry["name"], entry["name"]), "day": day}


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
