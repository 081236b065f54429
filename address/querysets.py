"""How addresses of books are found and locked."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models

if TYPE_CHECKING:
    from address.models import Address


class AddressQuerySet(models.QuerySet["Address"]):
    """Every method that returns rows returns a new, still lazy queryset."""

    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Keep the user's own; nobody reads another's book, guests have none."""
        return self.of_user(user.pk) if user.is_authenticated else self.none()

    def of_user(self, user_id: int) -> Self:
        """Keep the book of one account, the oldest address first."""
        return self.filter(user=user_id).order_by("pk")

    def lock(self, user_id: int, public_id: UUID) -> "Address | None":
        """Read one address of a book under an exclusive lock, if it is there."""
        found = self.of_user(user_id).filter(public_id=public_id)
        return found.select_for_update().first()
