"""Whose rows staff see in the admin: all, or those of the partners they work for."""

from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from partner.models import PartnerMember
from users.models import User

SEE_EVERY_PARTNER = "partner.see_every_partner"
M = TypeVar("M", bound=Model)


def partners_shown_to(user: User | AnonymousUser) -> list[int] | None:
    """Return the ids of the partners whose rows a reader may see; None for all.

    1 query for who may not see all, beside those for rights.
    """
    if user.has_perm(SEE_EVERY_PARTNER):
        return None
    if user.pk is None:  # who is not signed in works for nobody
        return []
    memberships = PartnerMember.objects.filter(user=user.pk)
    return list(memberships.values_list("partner_id", flat=True))


class PartnerRowsMixin(admin.ModelAdmin[M]):
    """Before any other base of an admin whose rows belong to partners.

    Who may not see every partner sees the rows of its own: in lists, searches, choices
    and actions, and by no address of a page.

    Attributes:
        partner_path: From a row to its partner's key: ``stock_record__partner``.
    """

    partner_path: ClassVar[str] = "partner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Keep what the reader may see."""
        found = super().get_queryset(request)
        partner_ids = partners_shown_to(request.user)
        if partner_ids is None:
            return found
        return found.filter(**{f"{self.partner_path}__in": partner_ids})

    def sees_every_row(self, request: HttpRequest) -> bool:
        """Tell whether the reader may see the rows of every partner."""
        return partners_shown_to(request.user) is None

    def get_field_queryset(
        self,
        db: str | None,
        db_field: Any,  # noqa: ANN401 - as Django has it
        request: HttpRequest,
    ) -> QuerySet[Any] | None:
        """Offer, and take, no row of another partner in a form."""
        model = db_field.remote_field.model
        related = self.admin_site._registry.get(model)  # noqa: SLF001 - no other way
        if isinstance(related, PartnerRowsMixin):
            return related.get_queryset(request)
        return super().get_field_queryset(db, db_field, request)
