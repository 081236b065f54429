"""Passwords, and what is proved by a token from a mail."""

from django.contrib.auth import update_session_auth_hash
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from custom.api.contract import refuses
from custom.api.views import ApiView
from custom.limits.identity import client_address
from users.api.mailed_tokens import MailedTokenView, MailRequestView
from users.api.requests import AuthenticatedRequest
from users.api.serializers import (
    EmailInputSerializer,
    LinkInputSerializer,
    PasswordChangeSerializer,
    ResetConfirmSerializer,
)
from users.errors import LinkInvalidError, PasswordWrongError, SignInLockedError
from users.services import (
    change_password,
    request_password_reset,
    request_verification,
    reset_password,
    unlock_sign_in,
    verify_email,
)

NOTHING = {204: OpenApiResponse()}


class VerificationView(MailedTokenView):
    """Prove that an address is one's own."""

    @refuses(LinkInvalidError)
    @extend_schema(request=LinkInputSerializer, responses=NOTHING)
    def post(self, request: Request) -> Response:
        """Take the token of the mail that followed the registration."""
        verify_email(self.read_token(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class VerificationResendView(MailRequestView):
    """Ask for the mail that proves an address once more."""

    @extend_schema(request=EmailInputSerializer, responses=NOTHING)
    def post(self, request: Request) -> Response:
        """Send it if the address belongs to an account and is not proved yet."""
        request_verification(self.read_email(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetView(MailRequestView):
    """Ask for a mail by which a forgotten password is replaced."""

    @extend_schema(request=EmailInputSerializer, responses=NOTHING)
    def post(self, request: Request) -> Response:
        """Send it if the address belongs to an account."""
        request_password_reset(self.read_email(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetConfirmView(ApiView):
    """Replace a forgotten password."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "login"
    error_pointers = {LinkInvalidError: "#/token"}

    @refuses(LinkInvalidError)
    @extend_schema(request=ResetConfirmSerializer, responses=NOTHING)
    def post(self, request: Request) -> Response:
        """Take the mail's token and another password; every device is signed out."""
        body = ResetConfirmSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        reset_password(body.validated_data["token"], body.validated_data["password"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class UnlockView(MailedTokenView):
    """Let passwords of one's account be tried again."""

    throttle_scope = "login"

    @refuses(LinkInvalidError)
    @extend_schema(request=LinkInputSerializer, responses=NOTHING)
    def post(self, request: Request) -> Response:
        """Take the token of the mail that told of too many tries, once."""
        unlock_sign_in(self.read_token(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordChangeView(ApiView):
    """Replace one's password."""

    throttle_scope = "login"
    error_pointers = {PasswordWrongError: "#/current_password"}

    @refuses(PasswordWrongError, SignInLockedError)
    @extend_schema(request=PasswordChangeSerializer, responses=NOTHING)
    def post(self, request: AuthenticatedRequest) -> Response:
        """Take the present password and another; other devices are signed out."""
        context = {"person": request.user}
        body = PasswordChangeSerializer(data=request.data, context=context)
        body.is_valid(raise_exception=True)
        change_password(
            request.user,
            current=body.validated_data["current_password"],
            new=body.validated_data["password"],
            keep=request.auth,
            address=client_address(request.META),
        )
        if request.auth is None:  # a session of this site, which would end
            update_session_auth_hash(request._request, request.user)  # noqa: SLF001
        return Response(status=status.HTTP_204_NO_CONTENT)
