"""Erasing accounts whose time has come: closed, done; each step can be repeated.

An account is closed in one transaction, under the lock of its row: from then on nobody
is signed in to it, and no order is placed with it. Requests that were under way come to
their end within ``ERASURE_SETTLE_SECONDS``. What the apps hold is erased after that,
each kind by its own declaration, the account's row last and together with the receipt.
"""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.utils import timezone

from custom import outbox
from custom.privacy.holdings import Holding, Person, holdings_of, waits_for
from custom.transactions import run_in_transaction, transactional
from users.models import AuthToken, Erasure, User
from users.selectors import person_of, person_of_erasure, unused_accounts
from users.services.wishes import end_erasure, start_unused_erasure

logger = structlog.get_logger(__name__)

State = Erasure.State
MOST_WARNED = 500  # owners of unused accounts, in one run
TOMBSTONE = "erased-{}@erased.invalid"  # RFC 6761: no such domain will ever be


def warn_unused() -> int:
    """Begin the erasure of accounts that nobody uses; count them.

    Their owners are warned by mail. What is left is warned at the next call, so that a
    mail server gets no more than ``MOST_WARNED`` at once.
    """
    pks = list(unused_accounts().values_list("pk", flat=True)[:MOST_WARNED])
    return sum(start_unused_erasure(pk) for pk in pks)


def advance_erasures() -> int:
    """Close accounts whose erasure is due, and erase those closed; count the latter.

    What is not over yet (an order under way) keeps an account open, and is asked about
    again at the next call.
    """
    due = Erasure.objects.due(timezone.now())
    for pk in list(due.values_list("pk", flat=True)):
        close_account(pk)
    settled = timezone.now() - timedelta(seconds=settings.ERASURE_SETTLE_SECONDS)
    pks = list(Erasure.objects.settled(settled).values_list("pk", flat=True))
    random.shuffle(pks)  # one that fails must not keep the others back for ever
    for pk in pks:
        erase_user(pk)
    return len(pks)


@transactional
def close_account(erasure_id: int) -> bool:
    """Close the account of an erasure, unless something of it is still under way.

    One that has become the staff's since stays open until it is no more. A guest has
    nothing to close; what is ordered with the address since is not meant.

    Locks the account, then the erasure. Orders lock the account's row too, in share
    mode, by their foreign key: each is either seen here or finds the account closed.
    """
    owner = Erasure.objects.values_list("user", flat=True).get(pk=erasure_id)
    user = owner and User.objects.select_for_update().get(pk=owner)
    erasure = Erasure.objects.lock(erasure_id, State.ASKED)
    if erasure is None:
        return False
    if user and erasure.is_for_disuse and _is_used(user, since=erasure.asked_at):
        end_erasure(erasure, State.WITHDRAWN)
        return False
    person = person_of(user) if user else person_of_erasure(erasure)
    if user and (user.is_staff or user.is_superuser):
        return False
    if waits_for(person):
        return False
    erasure.state, erasure.closed_at = State.CLOSED, timezone.now()
    erasure.receipt = _receipt(person)  # of devices too, which end here
    if user:
        _close(user)
    erasure.save(update_fields=["state", "closed_at", "receipt"])
    return True


def erase_user(erasure_id: int) -> None:
    """Erase what the apps hold about the owner of a closed account, and the account.

    Each kind takes short transactions of its own, so that nobody waits for them. A
    process that dies half-way leaves the erasure closed, and the next one begins anew:
    erasing what is erased does nothing.
    """
    erasure = Erasure.objects.select_related("user").get(pk=erasure_id)
    person = person_of_erasure(erasure)
    for holding in holdings_of(person):
        if holding.erase is not None:
            holding.erase(person)
    run_in_transaction(lambda: _finish(erasure_id, person), replayable=True)


@transactional
def forget_receipt_address(erasure: Erasure) -> None:
    """Forget where a receipt went; it has gone."""
    Erasure.objects.filter(pk=erasure.pk).update(mail_to="")


def _finish(erasure_id: int, person: Person) -> None:
    """Make the account nobody's and have the receipt mailed; once."""
    if not person.is_guest:
        User.objects.lock(person.pk)
    erasure = Erasure.objects.lock(erasure_id, State.CLOSED)
    if erasure is None:
        return
    erasure.mail_to = person.email
    if not person.is_guest:
        _make_nobody(person)
    end_erasure(erasure, State.DONE)
    outbox.publish("user.erased", {"erasure": str(erasure.public_id)})
    logger.info("account_erased", erasure=str(erasure.public_id))


def _is_used(user: User, *, since: datetime) -> bool:
    return User.objects.used_since(since).filter(pk=user.pk).exists()


def _close(user: User) -> None:
    """End every way into a locked account."""
    user.is_active = False
    user.session_epoch = F("session_epoch") + 1
    user.save(update_fields=["is_active", "session_epoch"])
    AuthToken.objects.filter(user=user).delete()


def _make_nobody(person: Person) -> None:
    """Take out of an account's row who it is about, and what it may do."""
    user = User.objects.select_for_update().get(pk=person.pk)
    user.email = TOMBSTONE.format(uuid4().hex)  # nobody can take it before
    user.first_name = user.last_name = ""
    user.password = make_password(None)
    user.last_login = user.used_at = user.email_verified_at = None
    user.erased_at = timezone.now()
    user.is_active = False  # staff may have opened it again since it was closed
    user.save()
    user.groups.clear()
    user.user_permissions.clear()


def _receipt(person: Person) -> dict[str, Any]:
    """Say what there is to be erased, and what will be kept; names nobody."""
    found = {each: each.rows(person).count() for each in holdings_of(person)}
    return {
        "erased": [
            {"name": each.name, "rows": rows, "how": each.erasure}
            for each, rows in found.items()
            if rows and each.erase is not None
        ],
        "kept": [
            _kept(each, rows, person)
            for each, rows in found.items()
            if rows and each.kept
        ],
    }


def _kept(holding: Holding, rows: int, person: Person) -> dict[str, Any]:
    """Return what a receipt says of a kind of which something is kept."""
    until = holding.until(person)
    return {
        "name": holding.name,
        "rows": rows,
        "why": holding.kept,
        "until": until and until.isoformat(),
    }
