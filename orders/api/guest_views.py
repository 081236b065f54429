"""What a guest may have done with the data of orders, by proof of the address."""

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from custom.api.contract import refuses, sends
from orders.services import erase_guest, guest_of, request_guest_data
from users.api.mailed_tokens import MailedTokenView, MailRequestView
from users.api.privacy_serializers import ErasureSerializer
from users.api.privacy_views import ZipRenderer, archive_response
from users.api.serializers import EmailInputSerializer, LinkInputSerializer
from users.errors import LinkInvalidError


class GuestDataView(MailRequestView):
    """Ask for the mail by which data of orders without an account is told or erased."""

    @extend_schema(request=EmailInputSerializer, responses={204: OpenApiResponse()})
    def post(self, request: Request) -> Response:
        """Send it if a guest has ordered with the address."""
        request_guest_data(self.read_email(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class GuestExportView(MailedTokenView):
    """Everything the shop holds about a guest."""

    renderer_classes = (ZipRenderer, *MailedTokenView.renderer_classes)
    throttle_scope = "export"

    @refuses(LinkInvalidError)
    @sends("Content-Disposition")
    @extend_schema(
        request=LinkInputSerializer,
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def post(self, request: Request) -> FileResponse:
        """Take the mail's token; send a ZIP of JSON files, as accounts get one."""
        return archive_response(guest_of(self.read_token(request)))


class GuestErasureView(MailedTokenView):
    """A guest wants to be forgotten."""

    throttle_scope = "login"

    @refuses(LinkInvalidError)
    @extend_schema(request=LinkInputSerializer, responses={202: ErasureSerializer})
    def post(self, request: Request) -> Response:
        """Take the mail's token; what is under way is waited for. Again is the same."""
        erasure = erase_guest(self.read_token(request))
        shown = ErasureSerializer(erasure).data
        return Response(shown, status=status.HTTP_202_ACCEPTED)
