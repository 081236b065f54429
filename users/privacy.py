"""What accounts tell of a person."""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from custom.privacy import Holding, NotPersonal, Person, Retention
from custom.privacy.batches import delete_all
from custom.privacy.traces import forget_rows, forget_rows_of
from custom.purging import purge_in_batches
from users.models import (
    ApiKey,
    AuthToken,
    EmailChange,
    Erasure,
    SignInTries,
    User,
    UserRate,
)
from users.selectors import unused_accounts
from users.services import warn_unused
from users.services.emails import ended_email_changes, purge_email_changes
from users.services.tries import KEPT, ended_tries, purge_tries
from users.tried import account_digest

BATCH = 500  # rows in one transaction
RECEIPT_MAIL_DAYS = 7  # in which a mail server has to take a receipt


def _tokens_of(person: Person) -> QuerySet[AuthToken]:
    tokens: QuerySet[AuthToken] = AuthToken.objects.filter(user=person.pk)
    return tokens


def _tokens_due() -> QuerySet[AuthToken]:
    limit = timezone.now() - timedelta(days=settings.RETENTION_TOKEN_DAYS)
    dead: QuerySet[AuthToken] = AuthToken.objects.expired_before(limit).order_by("pk")
    return dead


def _keys_of(person: Person) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(user=person.pk)


def _erase_keys(person: Person) -> None:
    """Delete the keys, and every version of them."""
    delete_all(_keys_of(person))
    forget_rows_of(ApiKey, "user", person.pk)


def _tries_of(person: Person) -> QuerySet[SignInTries]:
    return SignInTries.objects.of_account(account_digest(person.email))


def _erase_rates(person: Person) -> None:
    """Delete the account's own rates, and every version of them."""
    delete_all(UserRate.objects.filter(user=person.pk))
    forget_rows_of(UserRate, "user", person.pk)


def _receipts_due() -> QuerySet[Erasure]:
    limit = timezone.now() - timedelta(days=settings.RETENTION_RECEIPT_DAYS)
    return Erasure.objects.ended_before(limit)


def _unsent_due() -> QuerySet[Erasure]:
    limit = timezone.now() - timedelta(days=RECEIPT_MAIL_DAYS)
    return Erasure.objects.ended_before(limit).exclude(mail_to="")


def _forget_unsent() -> int:
    return _unsent_due().update(mail_to="")


HOLDINGS = (
    Holding(
        model="users.AuthToken",
        name="devices",
        tells="Devices that are signed in.",
        personal=("user", "device"),
        rows=_tokens_of,
        shown=("device", "created", "last_used_at", "expiry"),
        erasure="Deleted; every device is signed out.",
        erase=lambda person: delete_all(_tokens_of(person)),
    ),
    Holding(
        model="users.ApiKey",
        name="api_keys",
        tells="Keys by which your programs come in.",
        personal=("user", "created_by", "name"),
        rows=_keys_of,
        shown=("name", "hint", "scopes", "created_at", "expires_at", "last_used_at"),
        erasure="Deleted, with their history.",
        erase=_erase_keys,
    ),
    Holding(
        model="users.EmailChange",
        name="email_changes",
        tells="Changes of your address that can still be stopped.",
        personal=("user", "former_email", "email"),
        rows=lambda person: EmailChange.objects.filter(user=person.pk),
        shown=("former_email", "email", "requested_at", "confirmed_at", "stopped_at"),
        erasure="Deleted.",
        erase=lambda person: delete_all(EmailChange.objects.filter(user=person.pk)),
    ),
    Holding(
        model="users.SignInTries",
        name="sign_in_tries",
        tells="Passwords and codes that were tried of your account.",
        personal=("account",),
        rows=_tries_of,
        unshown="Counted under a digest of the address, not by name.",
        erasure="Deleted.",
        erase=lambda person: delete_all(_tries_of(person)),
    ),
    Holding(
        model="users.UserRate",
        name="rates",
        tells="Limits of requests that were set for you.",
        personal=("user", "reason"),
        rows=lambda person: UserRate.objects.filter(user=person.pk),
        shown=("scope", "requests", "period", "reason"),
        erasure="Deleted, with their history.",
        erase=_erase_rates,
    ),
    Holding(
        model="users.Erasure",
        name="erasures",
        tells="When you asked to be forgotten, and the receipt.",
        personal=("user", "guest", "asked_by", "mail_to", "receipt"),
        rows=lambda person: Erasure.objects.filter(user=person.pk),
        shown=("public_id", "state", "asked_at", "due_at", "ended_at", "receipt"),
        erasure="The address the receipt goes to is emptied once it has gone.",
        kept="The receipt, as proof that you were forgotten; it names nobody.",
        until=lambda _person: (
            timezone.now() + timedelta(days=settings.RETENTION_RECEIPT_DAYS)
        ).date(),
    ),
    Holding(
        model="users.User",
        name="account",
        tells="Your account.",
        personal=("email", "email_normalized", "first_name", "last_name"),
        rows=lambda person: User.objects.filter(pk=person.pk),
        shown=(
            "public_id",
            "email",
            "email_verified_at",
            "first_name",
            "last_name",
            "date_joined",
            "last_login",
            "used_at",
        ),
        erasure="Closed for good; name, address and password are taken out, with their "
        "history.",
        erase=lambda person: forget_rows(User, [person.pk]),
        kept="A number without a name, which your orders and receipts point at.",
    ),
)
NOT_PERSONAL = (
    NotPersonal("users.ApiKey", ("scopes",), "codes of what a key may do"),
    NotPersonal("users.User", ("password",), "a digest; replaced by none at erasure"),
)
RETENTIONS = (
    Retention(
        data="Accounts and their address books",
        period="until their owner has them erased, or nobody has used them for "
        "`RETENTION_ACCOUNT_YEARS`, which a mail tells `RETENTION_NOTICE_DAYS` before",
        due=unused_accounts,
        apply=warn_unused,
        task="users.warn_unused",
    ),
    Retention(
        data="Changes of an account's address",
        period="two days from when they were asked for",
        due=ended_email_changes,
        apply=purge_email_changes,
        task="users.purge_email_changes",
    ),
    Retention(
        data="Passwords and codes that were tried",
        period=f"{KEPT.days} days after they lock nothing any more",
        due=ended_tries,
        apply=purge_tries,
        task="users.purge_tries",
    ),
    Retention(
        data="Devices whose sign-in has run out",
        period="`RETENTION_TOKEN_DAYS` from then",
        due=_tokens_due,
        apply=lambda: purge_in_batches(_tokens_due(), batch=BATCH),
    ),
    Retention(
        data="Addresses that a receipt of an erasure could not be sent to",
        period=f"{RECEIPT_MAIL_DAYS} days from the erasure",
        due=_unsent_due,
        apply=_forget_unsent,
    ),
    Retention(
        data="Receipts of erasures",
        period="`RETENTION_RECEIPT_DAYS` from the erasure",
        due=_receipts_due,
        apply=lambda: purge_in_batches(_receipts_due(), batch=BATCH),
    ),
)
