"""What staff looked at, and their second factors."""

from typing import ClassVar

import reversion
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone

from custom.fields import CodeField
from staff.querysets import AccessEntryQuerySet

ACTION_LENGTH = 40

reversion.register(Group)


class SecondFactor(Authenticator):
    """A factor as those see it who may reset it; its secrets stay where they are."""

    class Meta:
        proxy = True
        verbose_name = "second factor"
        permissions: ClassVar = [("reset_secondfactor", "Can reset second factors")]


class AccessEntry(models.Model):
    """One look of one of the staff at personal data; says whose, never what.

    Its author cannot be deleted while it is kept: accounts are closed instead.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="who",
    )
    at = models.DateTimeField(default=timezone.now, db_index=True)
    model = CodeField(max_length=100, help_text="Kind of the rows: users.user.")
    object_pk = CodeField(
        "key", max_length=64, blank=True, help_text="Empty where it was a list."
    )
    action = CodeField(max_length=ACTION_LENGTH, help_text="Which page it was.")
    rows = models.PositiveIntegerField(
        null=True, blank=True, help_text="How many were shown, where that is known."
    )
    request_id = CodeField(max_length=128, blank=True)

    objects = AccessEntryQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["model", "object_pk"], name="accessentry_of_what"),
        ]
        verbose_name = "look at personal data"
        verbose_name_plural = "looks at personal data"

    def __str__(self) -> str:
        return f"{self.action} {self.model} {self.object_pk}".strip()
