"""The caller's own API keys; no key gets here."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from custom.api.contract import refuses
from custom.api.views import ApiViewSet
from custom.limits.identity import client_address
from users.api.key_serializers import (
    KeyInputSerializer,
    KeySerializer,
    NewKeySerializer,
)
from users.api.requests import AuthenticatedRequest
from users.errors import (
    PasswordWrongError,
    ScopesNotHeldError,
    SignInLockedError,
    TooManyKeysError,
)
from users.models import ApiKey
from users.querysets import ApiKeyQuerySet
from users.services import make_own_key, revoke_key


class KeyViewSet(mixins.ListModelMixin, ApiViewSet[ApiKey]):
    """List, make and revoke one's own keys."""

    request: AuthenticatedRequest
    filter_backends = ()
    meanings = {"id": "Of the key."}
    throttle_scope = {"create": "login"}  # it tries a password
    error_pointers = {
        PasswordWrongError: "#/current_password",
        ScopesNotHeldError: "#/scopes",
    }

    def get_queryset(self) -> ApiKeyQuerySet:
        """Keep the caller's own keys that still open something."""
        if getattr(self, "swagger_fake_view", False):
            return ApiKey.objects.none()
        return ApiKey.objects.filter(user=self.request.user).alive(timezone.now())

    def get_serializer_class(self) -> type[BaseSerializer[ApiKey]]:
        """Show keys without their secrets."""
        return KeySerializer

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List one's keys, the newest first."""
        return super().list(request, *args, **kwargs)

    @refuses(
        PasswordWrongError, ScopesNotHeldError, SignInLockedError, TooManyKeysError
    )
    @extend_schema(request=KeyInputSerializer, responses={201: NewKeySerializer})
    def create(self, request: AuthenticatedRequest) -> Response:
        """Make a key; this answer alone shows its secret."""
        body = KeyInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        current = values.pop("current_password")
        address = client_address(request.META)
        made = make_own_key(request.user, current=current, address=address, **values)
        return Response(NewKeySerializer(made).data, status.HTTP_201_CREATED)

    @extend_schema(responses={204: OpenApiResponse()})
    def destroy(self, request: AuthenticatedRequest, pk: int) -> Response:
        """Revoke a key: it opens nothing from now on."""
        revoke_key(get_object_or_404(self.get_queryset(), pk=pk), actor=request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
