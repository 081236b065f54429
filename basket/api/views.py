"""The caller's basket; every answer is the whole of it."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from basket.api.callers import holder_of
from basket.api.serializers import (
    BasketSerializer,
    LineInputSerializer,
    QuantityInputSerializer,
    VoucherInputSerializer,
    line_request,
)
from basket.errors import BasketFullError, NotForSaleError, QuantityTooLargeError
from basket.holders import Holder
from basket.selectors import show_basket
from basket.services import (
    add_line,
    add_voucher,
    change_line,
    clear_basket,
    remove_line,
    remove_voucher,
)
from custom.api.conditional import entity_tag, expected_states
from custom.api.contract import BASKET_TOKEN, IDEMPOTENCY_KEY, IF_MATCH, refuses
from custom.api.idempotency import BASKET_TOKEN_HEADER, REPLAYED_HEADER, read_key
from custom.api.views import ApiView
from promotions.errors import VOUCHER_ERRORS


class _BasketAnswerView(ApiView):
    """Answers with the holder's whole basket, its ``ETag`` and a guest's token."""

    permission_classes = (AllowAny,)
    serializer_class = BasketSerializer
    sent_headers = ("ETag", BASKET_TOKEN_HEADER)

    def get_serializer_context(self) -> dict[str, Any]:
        """Add where pictures are."""
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):  # that one has no address
            context["media_url"] = self.request.build_absolute_uri(settings.MEDIA_URL)
        return context

    def answer(
        self,
        holder: Holder,
        status: HTTPStatus = HTTPStatus.OK,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Show the basket as it stands now."""
        basket = show_basket(holder)
        shown = self.get_serializer(basket).data
        headers = {
            "ETag": entity_tag(self.request, basket.revision, shown),
            **({BASKET_TOKEN_HEADER: holder.token} if holder.token else {}),
            **(headers or {}),
        }
        return Response(shown, status, headers=headers)


class BasketView(_BasketAnswerView):
    """The caller's open basket."""

    @extend_schema(parameters=[BASKET_TOKEN])
    def get(self, request: Request) -> Response:
        """Show the basket; a caller without one is shown an empty one."""
        return self.answer(holder_of(request))

    @extend_schema(
        parameters=[BASKET_TOKEN, IF_MATCH], responses={200: BasketSerializer}
    )
    def delete(self, request: Request) -> Response:
        """Take everything out."""
        holder = holder_of(request)
        clear_basket(holder, expected=expected_states(request))
        return self.answer(holder)


class LinesView(_BasketAnswerView):
    """What is in the basket."""

    error_pointers = {BasketFullError: "#/variant", QuantityTooLargeError: "#/quantity"}

    @refuses(BasketFullError, NotForSaleError, QuantityTooLargeError)
    @extend_schema(
        parameters=[BASKET_TOKEN, IDEMPOTENCY_KEY],
        request=LineInputSerializer,
        responses={201: BasketSerializer},
    )
    def post(self, request: Request) -> Response:
        """Put units in; the same again sums."""
        body = LineInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        key = read_key(request, endpoint="basket.add-line")
        holder, is_replay = add_line(
            holder_of(request), line_request(body.validated_data), request_key=key
        )
        headers = {REPLAYED_HEADER: "true"} if is_replay else None
        return self.answer(holder, HTTPStatus.CREATED, headers)


class LineView(_BasketAnswerView):
    """One line of the basket."""

    meanings = {"line": "Id of the line."}

    @extend_schema(
        parameters=[BASKET_TOKEN, IF_MATCH],
        request=QuantityInputSerializer,
        responses=BasketSerializer,
    )
    def patch(self, request: Request, line: int) -> Response:
        """Set the units."""
        body = QuantityInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        holder = holder_of(request)
        expected = expected_states(request)
        change_line(holder, line, expected=expected, **body.validated_data)
        return self.answer(holder)

    @extend_schema(
        parameters=[BASKET_TOKEN, IF_MATCH], responses={200: BasketSerializer}
    )
    def delete(self, request: Request, line: int) -> Response:
        """Take the line out."""
        holder = holder_of(request)
        remove_line(holder, line, expected=expected_states(request))
        return self.answer(holder)


class VouchersView(_BasketAnswerView):
    """The vouchers of the basket; codes are guessed at, so tries are limited."""

    throttle_scope = "voucher"
    error_pointers = {BasketFullError: "#/code"}

    @refuses(BasketFullError, *VOUCHER_ERRORS)
    @extend_schema(
        parameters=[BASKET_TOKEN],
        request=VoucherInputSerializer,
        responses={201: BasketSerializer},
    )
    def post(self, request: Request) -> Response:
        """Use a voucher; the same again changes nothing."""
        body = VoucherInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        holder = holder_of(request)
        add_voucher(holder, **body.validated_data)
        return self.answer(holder, HTTPStatus.CREATED)


class VoucherView(_BasketAnswerView):
    """One voucher of the basket."""

    meanings = {"code": "Of the voucher."}

    @extend_schema(
        parameters=[BASKET_TOKEN, IF_MATCH], responses={200: BasketSerializer}
    )
    def delete(self, request: Request, code: str) -> Response:
        """Do without the voucher."""
        holder = holder_of(request)
        remove_voucher(holder, code, expected=expected_states(request))
        return self.answer(holder)
