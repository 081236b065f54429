"""For whom of the partners a caller acts, and what it may do for them."""

from functools import cached_property
from typing import ClassVar

from django.http import Http404
from rest_framework.exceptions import ErrorDetail, PermissionDenied
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView  # noqa: TID251  # only a type here

from custom.api.problems import QueryParameterError
from custom.api.views import ApiMixin, ModelT_co
from partner.models import Partner, PartnerMember
from users.api.requests import AuthenticatedRequest

PARTNER_PARAMETER = "partner"


class WorksForPartner(BasePermission):
    """Admits who works for some partner."""

    message = "You do not work for a partner of this shop."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the caller has a membership; 1 query, kept by the view."""
        return isinstance(view, PartnerMixin) and bool(view.memberships)


class PartnerMixin(ApiMixin[ModelT_co]):
    """For views that show a partner what is its own."""

    request: AuthenticatedRequest
    permission_classes = (IsAuthenticated, WorksForPartner)
    query_parameters = frozenset({PARTNER_PARAMETER})
    meanings: ClassVar[dict[str, str]] = {
        PARTNER_PARAMETER: "Id or code of the partner; for who serves several.",
        "id": "Of the stock record.",
    }
    refusals = (Http404,)  # of a partner that is named and not served

    @cached_property
    def memberships(self) -> list[PartnerMember]:
        """Return what the caller works for; 1 query."""
        return list(PartnerMember.objects.of_user(self.request.user.pk))

    @cached_property
    def membership(self) -> PartnerMember:
        """Return the one partner that the request is about, with the caller's role.

        Raises:
            QueryParameterError: The caller serves several and names none.
            Http404: It names one that it does not serve.
        """
        name = self.request.query_params.get(PARTNER_PARAMETER, "")
        if name:
            return self._named(name)
        if len(self.memberships) > 1:
            codes = ", ".join(each.partner.code for each in self.memberships)
            fault = ErrorDetail(f"You serve several partners: {codes}.", "required")
            raise QueryParameterError({PARTNER_PARAMETER: [fault]})
        return self.memberships[0]

    @property
    def partner(self) -> Partner:
        """Return the one partner that the request is about; raises as above."""
        return self.membership.partner

    def partner_ids(self) -> list[int]:
        """Return the partners whose rows the caller may find by an id."""
        if self.request.query_params.get(PARTNER_PARAMETER):
            return [self.partner.pk]
        return [each.partner_id for each in self.memberships]

    def role_for(self, partner_id: int) -> PartnerMember.Role:
        """Return what the caller is to a partner it serves."""
        roles = (e.role for e in self.memberships if e.partner_id == partner_id)
        return PartnerMember.Role(next(roles))

    def _named(self, name: str) -> PartnerMember:
        """Return the membership of a partner by its id or code."""
        for each in self.memberships:
            if name in (str(each.partner_id), each.partner.code):
                return each
        raise Http404


def require_manager(role: PartnerMember.Role, names: list[str]) -> None:
    """Refuse fields that only a manager may write.

    Raises:
        PermissionDenied: There are some, and the caller is a clerk.
    """
    if names and role != PartnerMember.Role.MANAGER:
        msg = f"Only a manager of the partner may set {', '.join(sorted(names))}."
        raise PermissionDenied(msg)
