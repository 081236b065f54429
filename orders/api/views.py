"""Placing and reading orders."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer

from address.models import Address
from basket.api.callers import holder_of
from basket.errors import BasketChangedError, EmptyBasketError, NotForSaleError
from custom.api.contract import (
    BASKET_TOKEN,
    REQUIRED_IDEMPOTENCY_KEY,
    refuses,
    sends,
)
from custom.api.idempotency import replay_headers, require_key
from custom.api.pagination import CursorPagination
from custom.api.views import ApiViewSet
from custom.ids import new_public_id
from orders.api.filters import OrderFilter
from orders.api.inputs import PlaceOrderInputSerializer, QuoteInputSerializer
from orders.api.lookup import (
    ORDER_KEY,
    TOKEN_IN_HEADER,
    TOKEN_PARAMETER,
    find_order,
)
from orders.api.quotes import QuoteSerializer
from orders.api.serializers import (
    OrderDetailSerializer,
    OrderListSerializer,
    PlacedOrderSerializer,
)
from orders.errors import OrderTooLargeError, ShortageError, TotalChangedError
from orders.models import Order
from orders.querysets import NEWEST_FIRST, OrderQuerySet
from orders.selectors import (
    history_of,
    load_money,
    quote_order,
)
from orders.services import order_once
from payments.errors import UnknownProviderError
from promotions.errors import VOUCHER_ERRORS
from shipping.errors import NotShippedError, ShippingMethodError
from users.api.requests import AuthenticatedRequest
from users.errors import AccountClosedError

# What quotes and orders are refused for alike.
PRICING_ERRORS = (
    EmptyBasketError,
    NotForSaleError,
    NotShippedError,
    ShippingMethodError,
    *VOUCHER_ERRORS,
)


# What of an order is read from tables of its own -> the members that show it.
PARTS: Mapping[str, Sequence[str]] = {
    "lines": ("lines", "products", "line_count"),
    "events": ("events", "returns"),
    "shipments": ("shipments",),
}


class OrderHistoryPagination(CursorPagination):
    """Newest first; stays put while new orders arrive."""

    ordering = NEWEST_FIRST


class OrderViewSet(ApiViewSet[Order]):
    """Price and place orders, list one's own, and read one."""

    pagination_class = OrderHistoryPagination
    meanings = ORDER_KEY
    filterset_class = OrderFilter
    throttle_scope = {"create": "order"}
    error_pointers = {
        BasketChangedError: "#/basket",
        EmptyBasketError: "#/basket",
        NotShippedError: "#/shipping_address",
        TotalChangedError: "#/expected_total",
        UnknownProviderError: "#/payment/provider",
    }
    serializer_classes: dict[str, type[BaseSerializer[Any]]] = {
        "list": OrderListSerializer,
        "retrieve": OrderDetailSerializer,
        "create": PlaceOrderInputSerializer,
        "quote": QuoteInputSerializer,
    }

    def get_permissions(self) -> list[BasePermission]:
        """Let guests place an order and read theirs; the history needs an account."""
        return [IsAuthenticated() if self.action == "list" else AllowAny()]

    def get_further_scope(self, request: Request) -> str | None:
        """Count what tries vouchers as the basket does: their codes are guessed at."""
        body = request.data
        has_vouchers = isinstance(body, Mapping) and bool(body.get("vouchers"))
        return "voucher" if has_vouchers else None

    def get_query_parameters(self) -> frozenset[str]:
        """Take the guest's token where one order is read."""
        names = super().get_query_parameters()
        return names | {TOKEN_PARAMETER} if self.action == "retrieve" else names

    def get_queryset(self) -> OrderQuerySet:
        """Keep the caller's orders."""
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        return Order.objects.visible_to(self.request.user)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Pick one serializer per action."""
        return self.serializer_classes[self.action]

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell a body who buys, and whose basket and address book are meant."""
        context = dict(super().get_serializer_context())
        if self.action in ("create", "quote"):
            user = self.request.user
            context["buyer"] = user if user.is_authenticated else None
            context["holder"] = holder_of(self.request)
            context["addresses"] = Address.objects.visible_to(user)
        return context

    def list(self, request: AuthenticatedRequest) -> Response:
        """List the caller's orders, the newest first."""
        has_lines = self.wants(*PARTS["lines"])
        own: Any = history_of(request.user, has_lines=has_lines)
        page: Any = self.paginate_queryset(self.filter_queryset(own))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @refuses(
        *PRICING_ERRORS,
        AccountClosedError,
        BasketChangedError,
        OrderTooLargeError,
        ShortageError,
        TotalChangedError,
        UnknownProviderError,
    )
    @sends("Location")
    @extend_schema(
        parameters=[REQUIRED_IDEMPOTENCY_KEY, BASKET_TOKEN],
        responses={201: PlacedOrderSerializer},
    )
    def create(self, request: Request) -> Response:
        """Place an order; its payment is started once the order is kept."""
        key = require_key(request, endpoint="order.place")
        body = PlaceOrderInputSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        body.is_valid(raise_exception=True)
        new = new_public_id()
        order, outcome = order_once(
            key,
            # Later, so that the same request finds its order when the address is gone.
            lambda: body.order_request(new),
            makes=new,
            **body.payment_start(),
        )
        shown = PlacedOrderSerializer(order, context=self.get_serializer_context())
        path = reverse("orders:order-detail", [order.number], request=request)
        headers = {"Location": path} | replay_headers(outcome)
        return Response(shown.data, HTTPStatus.CREATED, headers=headers)

    @refuses(*PRICING_ERRORS)
    @extend_schema(parameters=[BASKET_TOKEN], responses=QuoteSerializer)
    def quote(self, request: Request) -> Response:
        """Tell what an order would cost, without placing it."""
        body = QuoteInputSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        body.is_valid(raise_exception=True)
        return Response(QuoteSerializer(quote_order(body.order_request())).data)

    @refuses(NotAuthenticated)
    @extend_schema(
        parameters=[
            TOKEN_IN_HEADER,
            OpenApiParameter(
                TOKEN_PARAMETER,
                OpenApiTypes.STR,
                description="The same, in links of mails; programs send the header.",
            ),
        ]
    )
    def retrieve(self, request: Request, key: str) -> Response:
        """Read one order, by number or id."""
        orders = Order.objects.for_detail(self.wanted_parts(PARTS))
        order = find_order(request, key, orders)
        if self.wants("payments", "refunds"):
            load_money(order)
        return Response(self.get_serializer(order).data)
