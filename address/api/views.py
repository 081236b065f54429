"""The caller's address book, and the countries shipped to."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer

from address.api.serializers import (
    BookAddressSerializer,
    BookEntrySerializer,
    CountrySerializer,
)
from address.countries import shipping_countries
from address.errors import AddressFormatError, AddressGoneError, BookFullError
from address.models import Address
from address.querysets import AddressQuerySet
from address.services import add_address, change_address, remove_address
from custom.api.conditional import entity_tag, expected_states
from custom.api.contract import IDEMPOTENCY_KEY, IF_MATCH, refuses, sends
from custom.api.idempotency import REPLAYED_HEADER, read_key
from custom.api.views import ApiViewSet
from users.api.requests import AuthenticatedRequest


class AddressViewSet(mixins.ListModelMixin, ApiViewSet[Address]):
    """The addresses the caller keeps; those of others are not found."""

    permission_classes = (IsAuthenticated,)
    serializer_class: type[BaseSerializer[Any]] = BookAddressSerializer
    filter_backends = ()
    lookup_field = "public_id"
    meanings = {"public_id": "Id of the address."}

    def get_queryset(self) -> AddressQuerySet:
        """Keep the caller's book."""
        if getattr(self, "swagger_fake_view", False):
            return Address.objects.none()
        return Address.objects.visible_to(self.request.user)

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List the book, the oldest address first."""
        return super().list(request, *args, **kwargs)

    @refuses(AddressFormatError, AddressGoneError, BookFullError)
    @sends("ETag", "Location")
    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=BookEntrySerializer,
        responses={201: BookAddressSerializer},
    )
    def create(self, request: AuthenticatedRequest) -> Response:
        """Add an address; one that is made a default takes another's place."""
        body = BookEntrySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        key = read_key(request, endpoint="address.add")
        address, is_replay = add_address(
            request.user.pk, body.validated_data, request_key=key
        )
        path = reverse("address:address-detail", [address.public_id], request=request)
        headers = {REPLAYED_HEADER: "true"} if is_replay else {}
        return self._shown(address, HTTPStatus.CREATED, headers | {"Location": path})

    @sends("ETag")
    def retrieve(self, request: Request, public_id: UUID) -> Response:
        """Read one address."""
        return self._shown(self.get_object())

    @refuses(AddressFormatError)
    @sends("ETag")
    @extend_schema(
        parameters=[IF_MATCH],
        request=BookEntrySerializer,
        responses=BookAddressSerializer,
    )
    def update(self, request: AuthenticatedRequest, public_id: UUID) -> Response:
        """Write an address anew; what is left out is empty, and no default."""
        return self._change(request, is_partial=False)

    @refuses(AddressFormatError)
    @sends("ETag")
    @extend_schema(
        parameters=[IF_MATCH],
        request=BookEntrySerializer(partial=True),
        responses=BookAddressSerializer,
    )
    def partial_update(
        self, request: AuthenticatedRequest, public_id: UUID
    ) -> Response:
        """Change some parts of an address; the others stay."""
        return self._change(request, is_partial=True)

    @extend_schema(parameters=[IF_MATCH])
    def destroy(self, request: AuthenticatedRequest, public_id: UUID) -> Response:
        """Delete an address; orders keep their copies."""
        expected = expected_states(request)
        remove_address(request.user.pk, public_id, expected=expected)
        return Response(status=HTTPStatus.NO_CONTENT)

    def _change(self, request: AuthenticatedRequest, *, is_partial: bool) -> Response:
        """Check the body beside what is stored, and let the service write it."""
        address = self.get_object()
        body = BookEntrySerializer(address, data=request.data, partial=is_partial)
        body.is_valid(raise_exception=True)
        changed = change_address(
            request.user.pk,
            address.public_id,
            body.validated_data,
            expected=expected_states(request),
        )
        return self._shown(changed)

    def _shown(
        self,
        address: Address,
        status: HTTPStatus = HTTPStatus.OK,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Answer with the whole address and its ``ETag``."""
        shown = self.get_serializer(address).data
        tag = entity_tag(self.request, address.revision, shown)
        return Response(shown, status, headers={"ETag": tag} | (headers or {}))


class CountryViewSet(ApiViewSet[Any]):
    """Where the shop ships to."""

    permission_classes = (AllowAny,)
    serializer_class = CountrySerializer
    filter_backends = ()
    is_public_page = True
    page_tags = frozenset({"shop"})  # no more than settings

    def list(self, request: Request) -> Response:
        """List the countries shipped to, with the parts of an address each needs."""
        page = self.paginate_queryset(shipping_countries())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
