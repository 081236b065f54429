"""What partners see of orders, and do: ship their own lines."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from custom.api.contract import IDEMPOTENCY_KEY, refuses
from custom.api.idempotency import read_key, replay_headers
from custom.api.views import ApiViewSet
from custom.idempotency import run_once_if_keyed
from custom.ids import new_public_id
from orders.actors import Actor, Role
from orders.api.filters import PartnerOrderFilter
from orders.api.inputs import DeliverInputSerializer, ShipInputSerializer
from orders.api.lookup import ORDER_KEY
from orders.api.partner_serializers import PartnerOrderSerializer
from orders.errors import (
    QuantityError,
    SeveralPartnersError,
    TransitionNotAllowedError,
    UnknownLineError,
)
from orders.models import Order
from orders.querysets import OrderQuerySet
from orders.scopes import ORDERS_READ, ORDERS_SHIP
from orders.services import deliver_shipment, ship_lines
from partner.api.access import PartnerMixin
from partner.errors import InsufficientStockError


class PartnerOrderViewSet(
    mixins.ListModelMixin, PartnerMixin[Order], ApiViewSet[Order]
):
    """Orders with lines of a partner the caller works for: its lines, nobody else's."""

    lookup_url_kwarg = "key"
    meanings = ORDER_KEY | PartnerMixin.meanings
    filterset_class = PartnerOrderFilter
    key_scope = {
        "list": ORDERS_READ,
        "retrieve": ORDERS_READ,
        "ship": ORDERS_SHIP,
        "deliver": ORDERS_SHIP,
    }
    serializer_classes: ClassVar[dict[str, type[BaseSerializer[Any]]]] = {
        "list": PartnerOrderSerializer,
        "retrieve": PartnerOrderSerializer,
        "ship": ShipInputSerializer,
        "deliver": DeliverInputSerializer,
    }

    def get_queryset(self) -> OrderQuerySet:
        """Keep what may be shipped, or was, for the caller's partners."""
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        parts = [part for part in ("lines", "shipments") if self.wants(part)]
        orders = Order.objects.for_partners(self.partner_ids(), parts)
        return orders.order_by("placed_at", "pk")

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Pick one serializer per action."""
        return self.serializer_classes[self.action]

    def get_object(self) -> Order:
        """Find an order with lines of the caller's, by number or id.

        Raises:
            Http404: There is none for this caller.
        """
        found = self.get_queryset().find(self.kwargs["key"]).first()
        if found is None:
            raise Http404
        return found

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List orders with own lines, the oldest first; `state=open` is the default."""
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, key: str) -> Response:
        """Read the own part of one order."""
        return Response(self.get_serializer(self.get_object()).data)

    @refuses(
        InsufficientStockError,
        QuantityError,
        SeveralPartnersError,
        TransitionNotAllowedError,
        UnknownLineError,
    )
    @extend_schema(parameters=[IDEMPOTENCY_KEY], responses=PartnerOrderSerializer)
    def ship(self, request: Request, key: str) -> Response:
        """Ship own lines, in one parcel."""
        order = self.get_object()
        body = ShipInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        shipment_id = new_public_id()
        outcome = run_once_if_keyed(
            read_key(request, endpoint=f"order.ship:{order.public_id.hex}"),
            lambda: str(
                ship_lines(
                    order.pk,
                    actor=self.actor(),
                    public_id=shipment_id,
                    **body.shipping(),
                ).public_id
            ),
            makes=str(shipment_id),
        )
        shown = PartnerOrderSerializer(self.get_object())
        return Response(shown.data, headers=replay_headers(outcome))

    @refuses(TransitionNotAllowedError)
    @extend_schema(responses=PartnerOrderSerializer)
    def deliver(self, request: Request, key: str) -> Response:
        """Tell that a shipment has arrived; telling it again changes nothing."""
        order = self.get_object()
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        own = {shipment.public_id for shipment in order.shipments.all()}
        if body.validated_data["shipment"] not in own:
            raise Http404
        deliver_shipment(body.validated_data["shipment"], actor=self.actor())
        return Response(PartnerOrderSerializer(self.get_object()).data)

    def actor(self) -> Actor:
        """Return the caller as who acts for its partners."""
        partners = frozenset(self.partner_ids())
        return Actor(Role.PARTNER, self.request.user, partners)
