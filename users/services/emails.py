"""Writes to the address of an account: asked for, proved by mail, and stopped."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from custom import outbox
from custom.deleting import delete_rows
from custom.history import recorded
from custom.limits.identity import UNKNOWN_ADDRESS
from custom.purging import purge_in_batches
from custom.transactions import transactional
from users.emails import normalize_email
from users.errors import EmailTakenError
from users.links import EMAIL_CHANGE, EMAIL_CHANGE_STOP
from users.models import ApiKey, EmailChange, User
from users.querysets import EmailChangeQuerySet
from users.services.devices import log_out_everywhere
from users.services.keys import revoke_key
from users.services.passwords import confirm_password, lock_confirmed
from users.services.proofs import note_proof
from users.services.wishes import withdraw_wish

PURGE_BATCH = 500
UNPROVED = "unproved-{}@closed.invalid"  # RFC 6761: no such domain will ever be


def request_email_change(
    user: User, *, current: str, email: str, address: str = UNKNOWN_ADDRESS
) -> None:
    """Have mails sent to the new address and to the present one.

    Nothing tells whether the new one is another account's. What was asked for before
    and not confirmed is given up.

    Raises:
        PasswordWrongError: ``current`` is not the account's password.
        SignInLockedError: Too many passwords were tried; this one was not.
    """
    confirm_password(user, current, address)
    _note_request(user, email.strip())


@transactional
def confirm_email_change(token: str) -> User:
    """Give an account the address whose mails somebody reads, once; locks the account.

    Devices stay signed in: what they rest on has not changed.

    Raises:
        LinkInvalidError: The token is old, used, stopped, or none.
        EmailTakenError: Another account has the address by now; nothing is changed.
    """
    user_id = EMAIL_CHANGE.change_of(token).user_id
    User.objects.lock(user_id)
    change = EMAIL_CHANGE.change_of(token)  # as it is, now that nobody else decides
    change.confirmed_at = timezone.now()
    change.save(update_fields=["confirmed_at"])
    _give_address(change.user, change.email, "E-mail address changed.")
    outbox.publish("user.email_changed", {"change": str(change.public_id)})
    return change.user


@transactional
def stop_email_change(token: str) -> None:
    """Undo a change that its owner did not want, pending or confirmed.

    Whoever asked for it knew the password, so that ends, with every device, session
    and API key; the owner is mailed a way to choose another. Later changes of the
    account end too, and a wish to have it erased, of which the owner may not have been
    told. Locks the account.

    Raises:
        LinkInvalidError: The token is old, used, or none.
        EmailTakenError: Another account has proved the former address by now.
    """
    user_id = EMAIL_CHANGE_STOP.change_of(token).user_id
    User.objects.lock(user_id)
    change = EMAIL_CHANGE_STOP.change_of(token)
    user, now = change.user, timezone.now()
    since = EmailChange.objects.filter(user=user, pk__gte=change.pk)
    since.filter(stopped_at__isnull=True).update(stopped_at=now)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    if change.confirmed_at is not None:
        _make_way(change.former_email, user)
        _give_address(user, change.former_email, "E-mail address put back.")
    log_out_everywhere(user)
    for key in ApiKey.objects.filter(user=user).alive(now):
        revoke_key(key, actor=user)
    withdraw_wish(user, since=change.requested_at)
    outbox.publish("user.password_reset_wanted", {"user": str(user.public_id)})


def purge_email_changes() -> int:
    """Delete changes whose mails have all ended; count them."""
    return purge_in_batches(ended_email_changes(), batch=PURGE_BATCH)


def ended_email_changes() -> EmailChangeQuerySet:
    """Return the changes that can neither be confirmed nor stopped any more."""
    limit = timezone.now() - 2 * timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return EmailChange.objects.before(limit)


@transactional
def _note_request(confirmed: User, email: str) -> None:
    """Store what was asked for, in place of what was before; locks the account."""
    user = lock_confirmed(confirmed)
    EmailChange.objects.filter(user=user).pending().update(stopped_at=timezone.now())
    change = EmailChange.objects.create(user=user, former_email=user.email, email=email)
    outbox.publish("user.email_change_wanted", {"change": str(change.public_id)})


def _make_way(email: str, owner: User) -> None:
    """Close an account that has an address it never proved, for who reads its mails.

    Else a stranger who made one with the former address could not be stopped.
    """
    others = User.objects.with_email(email).exclude(pk=owner.pk).unverified()
    holder = others.filter(is_staff=False).select_for_update().first()
    if holder is None:
        return
    holder.email, holder.is_active = UNPROVED.format(holder.public_id.hex), False
    with recorded("Address given back to its owner.", actor=owner):
        holder.save(update_fields=["email", "email_normalized", "is_active"])
    log_out_everywhere(holder)


def _give_address(user: User, email: str, reason: str) -> None:
    """Store a proved address, unless it is another account's.

    A row that has the address for a moment decides any race: it is inserted unless the
    address is taken, and its key stays locked until the transaction ends.
    """
    if normalize_email(email) != user.email_normalized:
        holder = User(email=email, is_active=False)
        User.objects.add_unless_taken(holder)
        held = User.objects.filter(public_id=holder.public_id)
        pks = list(held.values_list("pk", flat=True))
        if not pks:
            msg = "Another account has this address."
            raise EmailTakenError(msg)
        delete_rows(User, pks)
    user.email, user.email_verified_at = email, None
    note_proof(user)
    with recorded(reason, actor=user):
        user.save(update_fields=["email", "email_normalized", "email_verified_at"])
