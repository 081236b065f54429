"""One's data as a file, and the way back from being forgotten."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from custom.api.contract import refuses, sends
from custom.api.renderers import JSONRenderer
from custom.api.views import ApiView
from custom.privacy import Person
from custom.privacy.archives import make_archive
from staff.access import record_access
from users.api.mailed_tokens import MailedTokenView
from users.api.requests import AuthenticatedRequest
from users.api.serializers import LinkInputSerializer
from users.errors import LinkInvalidError
from users.models import User
from users.selectors import person_of
from users.services import withdraw_erasure


class ZipRenderer(JSONRenderer):
    """Stands for a file that needs no rendering; a problem is written as JSON."""

    media_type = "application/zip"
    format = "zip"


def archive_response(person: Person) -> FileResponse:
    """Send all that is held of somebody; nobody keeps a copy on the way."""
    return FileResponse(
        make_archive(person),
        as_attachment=True,
        filename="personal-data.zip",
        content_type=ZipRenderer.media_type,
        headers={"Cache-Control": "private, no-store"},
    )


class ExportView(ApiView):
    """Everything the shop holds about the caller."""

    renderer_classes = (ZipRenderer, *ApiView.renderer_classes)
    throttle_scope = "export"
    throttled_methods = frozenset({"GET", "HEAD"})

    @sends("Content-Disposition")
    @extend_schema(
        operation_id="user_me_export",
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: AuthenticatedRequest) -> FileResponse:
        """Send a ZIP of JSON files, one for each kind of data, with a readme.

        The log of looks at personal data notes it.
        """
        user = request.user
        record_access(user, model=User, pk=user.pk, action="export", rows=None)
        return archive_response(person_of(user))


class ErasureWithdrawView(MailedTokenView):
    """Keep an account that was to be erased."""

    @refuses(LinkInvalidError)
    @extend_schema(request=LinkInputSerializer, responses={204: OpenApiResponse()})
    def post(self, request: Request) -> Response:
        """Take the token of the mail that told of the erasure; again is harmless."""
        withdraw_erasure(self.read_token(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
