"""Accounts: who may sign in, and on which devices."""

from datetime import datetime, timedelta
from typing import ClassVar

import reversion
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac
from knox.models import AbstractAuthToken
from knox.settings import CONSTANTS, knox_settings

from custom.fields import CodeField
from custom.ids import new_public_id
from custom.models import RateOverride
from users.emails import EMAIL_MAX_LENGTH, validate_normalized_length
from users.fields import NormalizedEmailField
from users.querysets import (
    ApiKeyQuerySet,
    AuthTokenManager,
    EmailChangeQuerySet,
    ErasureQuerySet,
    SignInTriesQuerySet,
    UserManager,
)

ACCOUNT_USE_INTERVAL = timedelta(days=1)  # between two recorded uses of devices
KEY_USE_INTERVAL = timedelta(minutes=15)  # between two recorded uses of a key


@reversion.register(
    exclude=("password", "last_login", "used_at", "session_epoch"), follow=("rates",)
)
class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing] # knox is untyped
    """One account; the address is kept as typed and, unique, normalised."""

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    email = models.EmailField(
        "e-mail address",
        max_length=EMAIL_MAX_LENGTH,
        validators=[validate_normalized_length],
    )
    email_normalized = NormalizedEmailField(
        max_length=EMAIL_MAX_LENGTH,
        unique=True,
        editable=False,
        db_collation="utf8mb4_bin",
    )
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(
        "active", default=True, help_text="Clear this instead of deleting an account."
    )
    is_staff = models.BooleanField(
        "staff", default=False, help_text="May sign in to the admin."
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When a device was last used, to the day; devices come and go.",
    )
    session_epoch = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Raised to end every session of the account.",
    )

    erased_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Since then the row says of nobody who they were.",
    )

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("id",)
        indexes: ClassVar = [
            models.Index(fields=("is_active", "last_login"), name="user_unused")
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Tell a form that an address is taken, before the database refuses it."""
        super().clean()
        others = User.objects.with_email(self.email).exclude(pk=self.pk)
        if others.exists():
            msg = "An account with this address exists already."
            raise ValidationError({"email": ValidationError(msg, code="unique")})

    @property
    def is_erased(self) -> bool:
        """Tell whether the row has ceased to be about anybody; it gets no mails."""
        return self.erased_at is not None

    def is_use_recorded(self, at: datetime) -> bool:
        """Tell whether the last recorded use is too fresh to record another."""
        return self.used_at is not None and at - self.used_at < ACCOUNT_USE_INTERVAL

    @property
    def is_email_verified(self) -> bool:
        """Tell whether the owner has proved that the address is theirs."""
        return self.email_verified_at is not None

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sign what a session rests on; both its methods in Django's base call this."""
        return salted_hmac(
            "users.User.session",
            f"{self.password}:{self.session_epoch}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    def get_full_name(self) -> str:
        """Return first and last name, or the address if there is neither."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        """Return the first name, or the address if there is none."""
        return self.first_name or self.email


@reversion.register()
class UserRate(RateOverride):
    """A rate of one account, in place of the usual one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="rates")

    class Meta(RateOverride.Meta):
        constraints: ClassVar = [
            *RateOverride.Meta.constraints,
            models.UniqueConstraint(
                fields=["user", "scope"], name="userrate_once_a_scope"
            ),
        ]


class AuthToken(AbstractAuthToken):
    """One signed-in device; knox's token with an integer key and binary columns."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="auth_token_set"
    )
    digest = models.CharField(
        max_length=CONSTANTS.DIGEST_LENGTH,
        unique=True,
        editable=False,
        db_collation="ascii_bin",
    )
    token_key = models.CharField(
        "first characters",
        max_length=CONSTANTS.MAXIMUM_TOKEN_PREFIX_LENGTH + CONSTANTS.TOKEN_KEY_LENGTH,
        editable=False,
        db_collation="ascii_bin",
    )
    device = models.CharField(max_length=100, blank=True)
    expiry = models.DateTimeField("expires at", editable=False)
    last_used_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[AuthTokenManager] = AuthTokenManager()

    class Meta:
        ordering = ("id",)
        verbose_name = "signed-in device"

    def __str__(self) -> str:
        """Return how it begins; the admin's log keeps this, and is to name nobody."""
        return f"{self.token_key}…"

    def is_expired(self, at: datetime) -> bool:
        """Tell whether the token no longer opens anything."""
        return self.expiry <= at

    def is_extendable(self, at: datetime) -> bool:
        """Tell whether the last recorded use is old enough to record another."""
        idle = (at - self.last_used_at).total_seconds()
        return idle >= knox_settings.MIN_REFRESH_INTERVAL


@reversion.register(exclude=("digest", "last_used_at"))
class ApiKey(models.Model):
    """What a program signs in with: acts for its owner, within its scopes."""

    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="api_keys",
        verbose_name="owner",
        help_text="The key may do what the owner may, and never more.",
    )
    name = models.CharField(max_length=100, help_text="What uses it.")
    digest = models.CharField(
        max_length=CONSTANTS.DIGEST_LENGTH,
        unique=True,
        editable=False,
        db_collation="ascii_bin",
    )
    hint = CodeField("begins with", max_length=40, editable=False)
    scopes = models.JSONField(default=list, help_text="Codes of users.scopes.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Empty: until it is revoked."
    )
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        permissions: ClassVar = [("revoke_apikey", "Can revoke API keys")]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    def is_expired(self, at: datetime) -> bool:
        """Tell whether the key has ended by itself."""
        return self.expires_at is not None and self.expires_at <= at

    def is_use_recorded(self, at: datetime) -> bool:
        """Tell whether the last recorded use is too fresh to record another."""
        last = self.last_used_at
        return last is not None and at - last < KEY_USE_INTERVAL


class EmailChange(models.Model):
    """Another address that an account is to have; kept while it can be stopped."""

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="email_changes"
    )
    former_email = models.EmailField(max_length=EMAIL_MAX_LENGTH)
    email = models.EmailField(max_length=EMAIL_MAX_LENGTH)
    requested_at = models.DateTimeField(default=timezone.now, db_index=True)
    confirmed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    objects = EmailChangeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return str(self.public_id)


class SignInTries(models.Model):
    """Passwords or codes tried since it was last quiet; names accounts by digests.

    An account that does not exist has rows as any other.
    """

    class Kind(models.TextChoices):
        """What the tries have in common."""

        PAIR = "pair", "account and client address"
        ACCOUNT = "account", "account"
        ADDRESS = "address", "client address"
        CODE = "code", "codes of an account's second factor"

    digest = CodeField(max_length=65, unique=True)
    kind = CodeField(max_length=8, choices=Kind.choices)
    account = CodeField(
        max_length=65, blank=True, db_index=True, help_text="Digest of an address."
    )
    tries = models.PositiveIntegerField(default=0)
    quiet_at = models.DateTimeField(
        db_index=True, help_text="From then on it counts from 0 again."
    )
    unlocked_at = models.DateTimeField(null=True, help_text="By a mail, the last time.")

    objects = SignInTriesQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        permissions: ClassVar = [("unlock_sign_in", "Can end locks of sign-ins")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind="address") ^ ~models.Q(account=""),
                name="signintries_of_an_account",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Erasure(models.Model):
    """A wish to be forgotten, what came of it, and the receipt; names nobody.

    It is asked for, and may be withdrawn until it is due and nothing of the account is
    under way any more. Then the account is closed, and shortly afterwards erased. A
    guest's is due at once: the mail that began it is the proof.
    """

    class State(models.TextChoices):
        """How far it is."""

        ASKED = "asked", "Asked for"
        CLOSED = "closed", "Account closed, erasing"
        DONE = "done", "Done"
        WITHDRAWN = "withdrawn", "Withdrawn"

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="erasures",
        db_index=False,  # erasure_one_open begins with it
        help_text="Whose; empty for a guest.",
    )
    guest = CodeField(
        max_length=65,
        null=True,
        unique=True,
        editable=False,
        help_text="Digest of a guest's address until it is done; one open one of each.",
    )
    state = CodeField(max_length=16, choices=State.choices, default=State.ASKED)
    # True or NULL, never False: the database then keeps one open one of each account.
    is_open = models.BooleanField(null=True, default=True, editable=False)
    asked_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who of the staff began it; empty where the owner did.",
    )
    is_for_disuse = models.BooleanField(
        "for disuse",
        default=False,
        db_default=False,
        help_text="Nobody asked; it ends when the account is used again.",
    )
    asked_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(
        default=timezone.now,
        db_default=Now(),
        editable=False,
        help_text="When the last mail about it was asked for; its token alone works.",
    )
    due_at = models.DateTimeField(help_text="Until then it can be withdrawn.")
    closed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was done, or withdrawn."
    )
    receipt = models.JSONField(
        default=dict, blank=True, help_text="What was erased, and what is kept."
    )
    mail_to = models.EmailField(
        max_length=EMAIL_MAX_LENGTH,
        blank=True,
        default="",
        editable=False,
        help_text="Where the receipt goes, a guest's from the beginning; then emptied.",
    )

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=("state", "due_at"), name="erasure_due"),
            models.Index(fields=("ended_at",), name="erasure_ended"),
        ]
        permissions: ClassVar = [("erase_user", "Can have accounts erased")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("user", "is_open"), name="erasure_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(guest__isnull=True)
                | models.Q(user__isnull=True, is_open=True),
                name="erasure_of_guest_while_open",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=("asked", "closed"), is_open=True, ended_at__isnull=True
                )
                | models.Q(
                    state__in=("done", "withdrawn"),
                    is_open__isnull=True,
                    ended_at__isnull=False,
                ),
                name="erasure_open_until_it_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.public_id}"
