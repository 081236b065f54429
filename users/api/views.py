"""Registration, sign-in and the caller's own account."""

from http import HTTPStatus
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from basket.api.callers import merge_at_sign_in
from custom.api.contract import BASKET_TOKEN, IDEMPOTENCY_KEY, Refusal, refuses
from custom.api.idempotency import REPLAYED_HEADER, read_key
from custom.api.views import ApiView, ApiViewSet
from custom.limits.identity import client_address
from users.api.authentication import TokenAuthentication
from users.api.limits import tried_account
from users.api.privacy_serializers import ErasureInputSerializer, ErasureSerializer
from users.api.requests import AuthenticatedRequest, TokenRequest
from users.api.serializers import (
    DeviceSerializer,
    LoginInputSerializer,
    LogoutInputSerializer,
    ProfileInputSerializer,
    RegistrationInputSerializer,
    SignInSerializer,
    UserSerializer,
)
from users.errors import (
    AccountGoneError,
    CredentialsInvalidError,
    EmailTakenError,
    NotSignedInError,
    PasswordWrongError,
    SecondFactorRequiredError,
    SecondFactorWrongError,
    SignInLockedError,
    StaffErasureError,
)
from users.models import AuthToken
from users.querysets import AuthTokenQuerySet
from users.services import (
    log_in,
    log_out,
    log_out_everywhere,
    register_user,
    request_erasure,
    update_profile,
)

NOT_SIGNED_IN = (
    CredentialsInvalidError,
    SecondFactorRequiredError,
    SecondFactorWrongError,
)
MALFORMED = Refusal.of(HTTPStatus.BAD_REQUEST, "malformed-body")  # DELETE has a body


class RegistrationView(ApiView):
    """Make an account."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "registration"
    error_pointers = {EmailTakenError: "#/email"}

    def get_throttle_account(self, request: Request) -> str | None:
        """Count tries of one address together."""
        return tried_account(request)

    @refuses(AccountGoneError, EmailTakenError)
    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=RegistrationInputSerializer,
        responses={201: UserSerializer},
    )
    def post(self, request: Request) -> Response:
        """Register; the account may sign in at once."""
        body = RegistrationInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        key = read_key(request, endpoint="user.register")
        user, is_replay = register_user(request_key=key, **body.validated_data)
        return Response(
            UserSerializer(user).data,
            status=status.HTTP_201_CREATED,
            headers={REPLAYED_HEADER: "true"} if is_replay else None,
        )


class LoginView(ApiView):
    """Sign a device in."""

    authentication_classes = ()  # a dead token must not keep its owner out
    permission_classes = (AllowAny,)
    throttle_scope = "login"

    def get_throttle_account(self, request: Request) -> str | None:
        """Count tries of one account together, wherever they come from."""
        return tried_account(request)

    def get_authenticate_header(self, request: Request) -> str:
        """Say what a sign-in leads to, without which DRF turns a 401 into a 403."""
        return TokenAuthentication().authenticate_header(request)

    @refuses(
        *(Refusal(401, each.code, each.title) for each in NOT_SIGNED_IN),
        SignInLockedError,
    )
    @extend_schema(
        parameters=[BASKET_TOKEN],
        request=LoginInputSerializer,
        responses=SignInSerializer,
    )
    def post(self, request: Request) -> Response:
        """Exchange address and password for a token; a guest's basket comes along."""
        body = LoginInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            address = client_address(request.META)
            sign_in = log_in(address=address, **body.validated_data)
        except NotSignedInError as error:
            raise AuthenticationFailed(error.detail, error.code) from error
        merge_at_sign_in(request, sign_in.token.user)
        return Response(SignInSerializer(sign_in).data)


class LogoutView(ApiView):
    """Sign this device out; a session of the site ends on the site."""

    authentication_classes = (TokenAuthentication,)

    @extend_schema(request=None, responses={204: OpenApiResponse()})
    def post(self, request: TokenRequest) -> Response:
        """End the token that came with the request."""
        LogoutInputSerializer(data=request.data).is_valid(raise_exception=True)
        log_out(request.auth)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogoutAllView(ApiView):
    """Sign every device out."""

    @extend_schema(request=None, responses={204: OpenApiResponse()})
    def post(self, request: AuthenticatedRequest) -> Response:
        """End every token of the caller, the request's own too."""
        LogoutInputSerializer(data=request.data).is_valid(raise_exception=True)
        log_out_everywhere(request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class DeviceViewSet(mixins.ListModelMixin, ApiViewSet[AuthToken]):
    """The devices on which the caller is signed in."""

    serializer_class = DeviceSerializer
    filter_backends = ()
    meanings = {"id": "Of the token."}

    def get_queryset(self) -> AuthTokenQuerySet:
        """Keep the caller's own tokens that still open something."""
        if getattr(self, "swagger_fake_view", False):
            return AuthToken.objects.none()
        own: AuthTokenQuerySet = AuthToken.objects.filter(user=self.request.user)
        return own.alive(timezone.now())

    def get_serializer_context(self) -> dict[str, Any]:
        """Add which token asks."""
        return {**super().get_serializer_context(), "token": self.request.auth}

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List one's devices, the last used first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={204: OpenApiResponse()})
    def destroy(self, request: Request, pk: int) -> Response:
        """Sign one device out."""
        log_out(get_object_or_404(self.get_queryset(), pk=pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(ApiView):
    """The caller's own account."""

    serializer_class = UserSerializer
    deletes_by_body = True
    throttle_scope = "login"  # its DELETE tries a password
    throttled_methods = frozenset({"DELETE"})
    error_pointers = {PasswordWrongError: "#/password"}

    def get(self, request: AuthenticatedRequest) -> Response:
        """Show the account."""
        return Response(self.get_serializer(request.user).data)

    @extend_schema(request=ProfileInputSerializer, responses=UserSerializer)
    def patch(self, request: AuthenticatedRequest) -> Response:
        """Change the names that are sent, and leave the others."""
        body = ProfileInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user = update_profile(request.user, **body.validated_data)
        return Response(self.get_serializer(user).data)

    @refuses(PasswordWrongError, SignInLockedError, StaffErasureError, MALFORMED)
    @extend_schema(request=ErasureInputSerializer, responses={202: ErasureSerializer})
    def delete(self, request: AuthenticatedRequest) -> Response:
        """Ask to be forgotten; a mail has the way back. Again shows the same."""
        body = ErasureInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        address = client_address(request.META)
        erasure = request_erasure(request.user, address=address, **body.validated_data)
        shown = ErasureSerializer(erasure).data
        return Response(shown, status=status.HTTP_202_ACCEPTED)
