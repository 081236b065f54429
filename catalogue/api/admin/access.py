"""Who may do what with products, on what condition, and how it is told."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView  # noqa: TID251  # only a type here

from catalogue.errors import (
    ExternalIdTakenError,
    InvalidAttributesError,
    InvalidImageError,
    InvalidSlugError,
    InvalidWindowError,
    MissingVariantError,
    SlugTakenError,
    TypeStaysError,
    VariantSkuTakenError,
)
from catalogue.models import Product
from catalogue.scopes import CATALOGUE_READ, CATALOGUE_WRITE
from catalogue.services import Edit, product_state
from custom.api.conditional import (
    PreconditionRequiredError,
    entity_tag,
    expected_states,
    has_condition,
)
from custom.api.contract import Refusal
from custom.api.idempotency import replay_headers
from custom.api.views import ApiViewSet, ModelT_co
from custom.idempotency import Outcome
from staff.factors import has_factor
from users.api.requests import AuthenticatedRequest
from users.models import ApiKey

PRODUCT_ERRORS = (
    ExternalIdTakenError,
    InvalidAttributesError,
    InvalidSlugError,
    InvalidWindowError,
    SlugTakenError,
)
VARIANT_ERRORS = (InvalidAttributesError, VariantSkuTakenError)
IF_NONE_MATCH_PARAMETER = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    "header",
    description="`*`: make it, and change none that is there.",
)
VIEW_PRODUCT = "catalogue.view_product"
READING = ("list", "retrieve", "by_external_id")
WRITING = ("create", "upsert", "bulk", "partial_update", "destroy")


class HoldsRights(BasePermission):
    """Admits staff who hold the rights of the action, as the admin does."""

    message = "You may not do this to products."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Tell whether the caller holds them; at most 2 queries, kept by the user.

        Raises:
            PermissionDenied: Staff need a second factor; this one has none (1 query).
        """
        user = cast("AuthenticatedRequest", request).user
        if not (user.is_staff and isinstance(view, StaffMixin)):
            return False
        is_key = isinstance(request.auth, ApiKey)
        if settings.STAFF_MFA_REQUIRED and not is_key and not has_factor(user):
            msg = "Staff need a second factor. Set one up in the admin first."
            raise PermissionDenied(msg, code="second-factor-required")
        return user.has_perms(view.rights.get(view.action or "", ()))


class StaffMixin(ApiViewSet[ModelT_co]):
    """For addresses where staff write products.

    Attributes:
        rights: Action -> permissions, whole: ``catalogue.change_product``.
        serializer_classes: Action -> what reads the body, or shows what is read.
    """

    request: AuthenticatedRequest
    key_scope: ClassVar[Mapping[str, str]] = dict.fromkeys(
        READING, CATALOGUE_READ
    ) | dict.fromkeys(WRITING, CATALOGUE_WRITE)
    permission_classes = (IsAuthenticated, HoldsRights)
    refusals = (Refusal.of(403, "second-factor-required"),)
    rights: ClassVar[Mapping[str, Sequence[str]]]
    serializer_classes: ClassVar[Mapping[str, type[BaseSerializer[Any]]]]
    error_pointers = {
        ExternalIdTakenError: "#/external_id",
        InvalidAttributesError: "#/attributes",
        InvalidImageError: "#/file",
        InvalidSlugError: "#/slug",
        InvalidWindowError: "#/publish_until",
        MissingVariantError: "#/variants",
        SlugTakenError: "#/slug",
        TypeStaysError: "#/product_type",
    }

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Pick one serializer per action."""
        return self.serializer_classes[self.action]

    def get_serializer_context(self) -> dict[str, Any]:
        """Add where pictures are."""
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):  # that one has no address
            context["media_url"] = self.request.build_absolute_uri(settings.MEDIA_URL)
        return context

    def read_body(self) -> tuple[dict[str, Any], Edit]:
        """Return the values that were sent, and who changes what on which condition."""
        body = self.get_serializer(data=self.request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        return values, self.edit(values.pop("reason", ""))

    def read_change(self) -> tuple[dict[str, Any], Edit]:
        """Return the same of a change, which has to say what it was made of.

        Raises:
            PreconditionRequiredError: There is no ``If-Match``.
        """
        self.require_condition()
        return self.read_body()

    def require_condition(self) -> None:
        """Refuse a change that could undo another's without knowing of it.

        Raises:
            PreconditionRequiredError: There is no ``If-Match``.
        """
        if not has_condition(self.request):
            raise PreconditionRequiredError

    def edit(self, reason: str = "") -> Edit:
        """Return who changes what, on the conditions of the request."""
        none_match = self.request.headers.get("If-None-Match", "")
        return Edit(
            actor=self.request.user,
            reason=reason,
            states=expected_states(self.request),
            must_exist=has_condition(self.request),
            must_be_new=none_match.strip() == "*",
        )

    def tagged(
        self,
        product: Product,
        shown: Any,
        status: HTTPStatus = HTTPStatus.OK,
        *,
        location: str = "",
        outcome: Outcome | None = None,
    ) -> Response:
        """Answer with the tag by which the product, parts and all, may be written."""
        headers = {"ETag": entity_tag(self.request, product_state(product), shown)}
        if location:
            headers["Location"] = self.request.build_absolute_uri(location)
        if outcome is not None:
            headers |= replay_headers(outcome)
        return Response(shown, status, headers=headers)
