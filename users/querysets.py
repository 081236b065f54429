"""How accounts and their tokens are found and made."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from knox.models import AuthTokenManager as KnoxTokenManager

from custom.mysql.compiler import lock_through
from users.emails import normalize_email

if TYPE_CHECKING:
    from users.models import (  # noqa: F401 - in strings
        ApiKey,
        AuthToken,
        EmailChange,
        Erasure,
        SignInTries,
        User,
    )


class UserFields(TypedDict, total=False):
    """What a new account may be given beside its address and password."""

    first_name: str
    last_name: str
    is_active: bool
    is_staff: bool
    is_superuser: bool
    email_verified_at: datetime | None


class UserQuerySet(models.QuerySet["User"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def active(self) -> Self:
        """Keep accounts that may sign in."""
        return self.filter(is_active=True)

    def unverified(self) -> Self:
        """Keep accounts whose address nobody has proved to own."""
        return self.filter(email_verified_at__isnull=True)

    def with_email(self, email: str) -> Self:
        """Keep the account of an address, whatever its spelling; at most one."""
        return self.filter(email_normalized=normalize_email(email))

    def used_since(self, moment: datetime) -> Self:
        """Keep accounts that somebody has signed in to, or come with a token or key."""
        return self.filter(
            models.Q(last_login__gte=moment)
            | models.Q(used_at__gte=moment)
            | models.Q(api_keys__last_used_at__gte=moment)
        ).distinct()

    def unused_since(self, moment: datetime) -> Self:
        """Keep customers' accounts that nobody has used, or asked to keep, since.

        Without those that are to be erased anyhow.
        """
        is_quiet = models.Q(last_login__isnull=True) | models.Q(last_login__lt=moment)
        customers = self.active().filter(is_staff=False, is_superuser=False)
        return (
            customers.filter(is_quiet, date_joined__lt=moment)
            .exclude(used_at__gte=moment)
            .exclude(api_keys__last_used_at__gte=moment)
            .exclude(erasures__is_open=True)
            .exclude(erasures__ended_at__gte=moment)
            .order_by("last_login", "pk")
        )

    def lock(self, pk: int) -> "User | None":
        """Read an account under an exclusive lock, if it is there."""
        return self.filter(pk=pk).select_for_update().first()

    def add_unless_taken(self, user: "User") -> None:
        """Insert an account, or nothing where its address is taken; 1 statement.

        The database decides, so no error has to be caught inside a transaction.
        The caller reads back by ``public_id``: afterwards the key of ``user`` may be
        that of the account which has the address.
        """
        self.bulk_create(
            [user],
            update_conflicts=True,
            update_fields=["email_normalized"],  # to what it is
        )


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Make users by e-mail address; there are no user names."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by address, whatever its spelling; this is how a login looks one up."""
        return self.with_email(username or "").get()

    def create_user(
        self, email: str, password: str | None = None, **fields: Unpack[UserFields]
    ) -> "User":
        """Store a user; without a password the account cannot sign in by one."""
        user = self.model(email=email.strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Unpack[UserFields]
    ) -> "User":
        """Store a user who may do everything in the admin."""
        fields |= {"is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **fields)


class ErasureQuerySet(models.QuerySet["Erasure"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def open(self) -> Self:
        """Keep those that have not come to an end."""
        return self.filter(is_open=True)

    def due(self, moment: datetime) -> Self:
        """Keep those whose time for second thoughts is over, the first due first."""
        return self.filter(state="asked", due_at__lte=moment).order_by("due_at", "pk")

    def settled(self, moment: datetime) -> Self:
        """Keep those of accounts that were closed at this moment or before."""
        return self.filter(state="closed", closed_at__lte=moment).order_by("pk")

    def lock(self, pk: int, state: str) -> "Erasure | None":
        """Read one under an exclusive lock, if it is in this state."""
        return self.filter(pk=pk, state=state).select_for_update().first()

    def ended_before(self, moment: datetime) -> Self:
        """Keep those that came to an end before a moment, the oldest first."""
        return self.filter(ended_at__lt=moment).order_by("ended_at")


class AuthTokenQuerySet(models.QuerySet["AuthToken"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def for_authentication(self, digest: str) -> Self:
        """Load the token of a digest with its user; at most one row, 1 query."""
        return self.filter(digest=digest).select_related("user").order_by()

    def alive(self, moment: datetime) -> Self:
        """Keep tokens that open something at a moment, the last used first."""
        return self.filter(expiry__gt=moment).order_by("-last_used_at", "-id")

    def expired_before(self, moment: datetime) -> Self:
        """Keep tokens that were dead at a moment already."""
        return self.filter(expiry__lt=moment)

    def unused_since(self, moment: datetime) -> Self:
        """Keep tokens whose last recorded use is a moment ago or longer."""
        return self.filter(last_used_at__lte=moment)


class AuthTokenManager(KnoxTokenManager.from_queryset(AuthTokenQuerySet)):  # type: ignore[misc]
    """Knox's manager, so that its own code finds what it expects.

    ``create`` returns the row and the secret, which is shown to its owner once and
    never stored.
    """


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def for_authentication(self, digest: str) -> Self:
        """Load the key of a digest with its owner; at most one row, 1 query."""
        return self.filter(digest=digest).select_related("user").order_by()

    def of_active_accounts(self) -> Self:
        """Keep keys of accounts that may sign in, with the accounts loaded."""
        return self.filter(user__is_active=True).select_related("user")

    def alive(self, moment: datetime) -> Self:
        """Keep keys that open something at a moment."""
        is_unended = models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=moment)
        return self.filter(is_unended, revoked_at__isnull=True)

    def unused_since(self, moment: datetime) -> Self:
        """Keep keys whose last recorded use is a moment ago or longer."""
        return self.filter(
            models.Q(last_used_at__isnull=True) | models.Q(last_used_at__lte=moment)
        )


class EmailChangeQuerySet(models.QuerySet["EmailChange"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def of_active_accounts(self) -> Self:
        """Keep changes of accounts that may sign in, with the accounts loaded."""
        return self.filter(user__is_active=True).select_related("user")

    def pending(self) -> Self:
        """Keep changes that nobody has confirmed or stopped."""
        return self.filter(confirmed_at__isnull=True, stopped_at__isnull=True)

    def before(self, moment: datetime) -> Self:
        """Keep changes that were asked for before a moment, the oldest first."""
        return self.filter(requested_at__lt=moment).order_by("requested_at", "pk")


class SignInTriesQuerySet(models.QuerySet["SignInTries"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def lock_or_add(self, rows: "Sequence[SignInTries]") -> "list[SignInTries]":
        """Return the rows of these digests, locked, made where there are none.

        2 statements; the first locks exclusively what it finds, in the order of the
        digests, so that nobody who shares it first waits for somebody else.
        """
        self.bulk_create(
            sorted(rows, key=lambda row: row.digest),
            update_conflicts=True,
            update_fields=["digest"],  # to what it is
        )
        return list(self.filter(digest__in=[row.digest for row in rows]))

    def of_digests(self, digests: Iterable[str]) -> Self:
        """Keep the rows of these digests, for an UPDATE.

        It locks them in the order of ``lock_or_add``, and no others.
        """
        found = self.filter(digest__in=digests).order_by("digest")
        return lock_through(found, "digest")

    def of_account(self, account: str) -> Self:
        """Keep what was tried of an account, wherever from."""
        return self.filter(account=account)

    def quiet_since(self, moment: datetime) -> Self:
        """Keep what counts from 0 again since a moment, the oldest first."""
        return self.filter(quiet_at__lt=moment).order_by("quiet_at", "pk")
