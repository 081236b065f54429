"""Another address for an account: asked for, confirmed, or stopped."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from custom.api.contract import refuses
from custom.api.views import ApiView
from custom.limits.identity import client_address
from users.api.limits import tried_account
from users.api.mailed_tokens import MailedTokenView
from users.api.requests import AuthenticatedRequest
from users.api.serializers import EmailChangeSerializer, LinkInputSerializer
from users.errors import (
    EmailTakenError,
    LinkInvalidError,
    PasswordWrongError,
    SignInLockedError,
)
from users.services import (
    confirm_email_change,
    request_email_change,
    stop_email_change,
)

NOTHING = {204: OpenApiResponse()}


class EmailChangeView(ApiView):
    """Ask for another address; the answer never tells whether it is somebody's."""

    throttle_scope = "password_reset"
    error_pointers = {PasswordWrongError: "#/current_password"}

    def get_throttle_account(self, request: Request) -> str | None:
        """Count mails to one address together, whoever asks for them."""
        return tried_account(request)

    @refuses(PasswordWrongError, SignInLockedError)
    @extend_schema(request=EmailChangeSerializer, responses=NOTHING)
    def post(self, request: AuthenticatedRequest) -> Response:
        """Have it mailed how to confirm, and the present address how to stop that."""
        body = EmailChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        request_email_change(
            request.user,
            current=body.validated_data["current_password"],
            email=body.validated_data["email"],
            address=client_address(request.META),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailChangeConfirmView(MailedTokenView):
    """Prove that the new address is one's own, which makes it the account's."""

    throttle_scope = "login"
    error_pointers = MailedTokenView.error_pointers | {EmailTakenError: "#/token"}

    @refuses(EmailTakenError, LinkInvalidError)
    @extend_schema(request=LinkInputSerializer, responses=NOTHING)
    def post(self, request: Request) -> Response:
        """Take the token that was mailed to the new address; devices stay."""
        confirm_email_change(self.read_token(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EmailChangeStopView(MailedTokenView):
    """Say that it was not oneself who wanted another address."""

    throttle_scope = "login"
    error_pointers = MailedTokenView.error_pointers | {EmailTakenError: "#/token"}

    @refuses(EmailTakenError, LinkInvalidError)
    @extend_schema(request=LinkInputSerializer, responses=NOTHING)
    def post(self, request: Request) -> Response:
        """Take the token that was mailed to the former address.

        The address is what it was; password, devices, sessions and keys end, and a
        mail tells how to choose another password.
        """
        stop_email_change(self.read_token(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
