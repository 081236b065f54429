"""Placing and reading orders."""

from http import HTTPStatus
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer

from custom.api.idempotency import HEADER, REPLAYED_HEADER, require_key
from custom.api.pagination import CursorPagination
from custom.api.views import ApiViewSet
from custom.idempotency import run_once
from orders.api.filters import OrderFilter
from orders.api.serializers import (
    OrderDetailSerializer,
    OrderListSerializer,
    PlacedOrderSerializer,
    PlaceOrderInputSerializer,
)
from orders.guests import is_guest_token
from orders.models import Order
from orders.querysets import OrderQuerySet
from orders.services import place_order

TOKEN_HEADER = "X-Order-Token"  # noqa: S105 - a name, not a secret
TOKEN_PARAMETER = "token"  # noqa: S105


class OrderHistoryPagination(CursorPagination):
    """Newest first; stays put while new orders arrive."""

    ordering = ("-placed_at", "-pk")


class OrderViewSet(mixins.ListModelMixin, ApiViewSet[Order]):
    """Place orders, list one's own, and read one."""

    lookup_url_kwarg = "key"
    pagination_class = OrderHistoryPagination
    filterset_class = OrderFilter
    throttle_scope = {"create": "order"}
    serializer_classes: dict[str, type[BaseSerializer[Any]]] = {
        "list": OrderListSerializer,
        "retrieve": OrderDetailSerializer,
        "create": PlaceOrderInputSerializer,
    }

    def get_permissions(self) -> list[BasePermission]:
        """Let guests place an order and read theirs; the history needs an account."""
        return [IsAuthenticated() if self.action == "list" else AllowAny()]

    def get_query_parameters(self) -> frozenset[str]:
        """Take the guest's token where one order is read."""
        names = super().get_query_parameters()
        return names | {TOKEN_PARAMETER} if self.action == "retrieve" else names

    def get_queryset(self) -> OrderQuerySet:
        """Scope to the caller, then load what the action's serializer shows."""
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        orders = Order.objects.visible_to(self.request.user)
        return orders.for_list() if self.action == "list" else orders.for_detail()

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Pick one serializer per action."""
        return self.serializer_classes[self.action]

    def get_object(self) -> Order:
        """Find the order among the caller's own, or the one its token opens.

        Raises:
            NotAuthenticated: The caller showed neither account nor token.
            Http404: There is no such order, or not for this caller.
        """
        key = self.kwargs[self.lookup_url_kwarg]
        token = self.request.headers.get(TOKEN_HEADER) or self.request.query_params.get(
            TOKEN_PARAMETER
        )
        if not token and not self.request.user.is_authenticated:
            raise NotAuthenticated
        if token:
            guests = Order.objects.for_guests().for_detail().find(key).first()
            if guests is not None and is_guest_token(guests.public_id, token):
                return guests
        own = self.get_queryset().find(key).first()
        if own is None:
            raise Http404
        return own

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List the caller's orders, the newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        parameters=[
            OpenApiParameter(HEADER, OpenApiTypes.STR, "header", required=True)
        ],
        responses={201: PlacedOrderSerializer},
    )
    def create(self, request: Request) -> Response:
        """Place an order from the posted lines."""
        key = require_key(request, endpoint="order.place")
        user = request.user if request.user.is_authenticated else None
        body = PlaceOrderInputSerializer(data=request.data, context={"buyer": user})
        body.is_valid(raise_exception=True)
        wanted = body.order_request()
        outcome = run_once(
            key,
            lambda: str(place_order(wanted).public_id),
            makes=str(wanted.public_id),
        )
        order = Order.objects.for_detail().get(public_id=outcome.made)
        path = reverse("orders:order-detail", [order.number], request=request)
        headers = {"Location": path}
        if outcome.is_replay:
            headers[REPLAYED_HEADER] = "true"
        shown = PlacedOrderSerializer(order, context=self.get_serializer_context())
        return Response(shown.data, HTTPStatus.CREATED, headers=headers)

    @extend_schema(
        parameters=[
            OpenApiParameter(TOKEN_HEADER, OpenApiTypes.STR, "header"),
            OpenApiParameter(TOKEN_PARAMETER, OpenApiTypes.STR, "query"),
        ]
    )
    def retrieve(self, request: Request, key: str) -> Response:
        """Read one order, by number or id."""
        return Response(self.get_serializer(self.get_object()).data)
