"""Views that take a token out of a mail."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from custom.api.views import ApiView
from users.api.serializers import LinkInputSerializer
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
