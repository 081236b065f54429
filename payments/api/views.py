"""Ways of paying, and what providers announce."""

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from custom.api.views import ApiView, ApiViewSet
from payments.api.serializers import PaymentMethodSerializer
from payments.errors import BadSignatureError, UnknownProviderError
from payments.models import Payment
from payments.providers.registry import offered_providers
from payments.services import receive_webhook


class PaymentMethodViewSet(ApiViewSet[Payment]):
    """How one may pay."""

    permission_classes = (AllowAny,)
    serializer_class = PaymentMethodSerializer
    filter_backends = ()
    is_public_page = True

    def list(self, request: Request) -> Response:
        """List the ways of paying, in the order to show them."""
        page = self.paginate_queryset(offered_providers())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class UnsignedWebhookError(APIException):
    """Whoever called is not the provider."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = BadSignatureError.code
    default_detail = "The signature is missing, wrong or too old."


class WebhookView(ApiView):
    """Where providers announce what has happened; they sign what they send."""

    schema = None  # no client's
    permission_classes = (AllowAny,)
    authentication_classes = ()

    def post(self, request: Request, provider: str) -> Response:
        """Take an announcement over."""
        body = request.body
        if len(body) > settings.WEBHOOK_BODY_LIMIT:
            raise RequestDataTooBig
        try:
            receive_webhook(provider, body, request.headers)
        except UnknownProviderError:
            raise Http404 from None
        except BadSignatureError:
            raise UnsignedWebhookError from None
        return Response({"received": True})
