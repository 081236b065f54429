"""Views that send a mail with a token, and that take the token."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from custom.api.views import ApiView
from users.api.limits import tried_account
from users.api.serializers import EmailInputSerializer, LinkInputSerializer
from users.errors import LinkInvalidError


class MailedTokenView(ApiView):
    """Does what its mail was sent for; whoever has the token may have it done."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    error_pointers = {LinkInvalidError: "#/token"}

    def read_token(self, request: Request) -> str:
        """Return what was sent as the token."""
        body = LinkInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        token: str = body.validated_data["token"]
        return token


class MailRequestView(ApiView):
    """Asks for a mail; the answer never tells whether the address is known."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "password_reset"

    def get_throttle_account(self, request: Request) -> str | None:
        """Count mails to one address together, whoever asks for them."""
        return tried_account(request)

    def read_email(self, request: Request) -> str:
        """Return the address the mail goes to, known or not."""
        body = EmailInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        email: str = body.validated_data["email"]
        return email
