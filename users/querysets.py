"""How accounts and their tokens are found and made."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db import models

from users.emails import normalize_email

if TYPE_CHECKING:
    from users.models import AuthToken, User


class UserQuerySet(models.QuerySet["User"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def with_email(self, email: str) -> Self:
        """Keep the account of an address, whatever its spelling; at most one."""
        return self.filter(email_normalized=normalize_email(email))


class UserManager(BaseUserManager["User"]):
    """Make users by e-mail address; there are no user names."""

    def get_queryset(self) -> UserQuerySet:
        """Start from the named filters."""
        return UserQuerySet(self.model, using=self._db)

    def with_email(self, email: str) -> UserQuerySet:
        """Keep the account of an address, whatever its spelling; at most one."""
        return self.get_queryset().with_email(email)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by address, whatever its spelling; this is how a login looks one up."""
        return self.with_email(username or "").get()

    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """Store a user; without a password the account cannot sign in by one."""
        user = self.model(email=email.strip(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        """Store a user who may do everything in the admin."""
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )


class AuthTokenQuerySet(models.QuerySet["AuthToken"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def for_authentication(self, digest: str) -> Self:
        """Load the token of a digest with its user; at most one row, 1 query."""
        return self.filter(digest=digest).select_related("user")

    def expired_before(self, moment: datetime) -> Self:
        """Keep tokens that were dead at a moment already."""
        return self.filter(expiry__lt=moment)

    def unused_since(self, moment: datetime) -> Self:
        """Keep tokens whose last recorded use is a moment ago or longer."""
        return self.filter(last_used_at__lte=moment)
