"""What buyers do to an order that is placed: pay, cancel, return."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from custom.api.contract import IDEMPOTENCY_KEY, refuses
from custom.api.idempotency import read_key, replay_headers
from custom.api.views import ApiViewSet
from custom.idempotency import run_once_if_keyed
from orders.api.inputs import TakeBackInputSerializer
from orders.api.lookup import ORDER_KEY, TOKEN_IN_HEADER, buyer_of, find_order
from orders.api.serializers import OrderDetailSerializer
from orders.errors import (
    QuantityError,
    ReturnWindowClosedError,
    TransitionNotAllowedError,
    UnknownLineError,
)
from orders.models import Order, OrderEvent
from orders.selectors import load_money
from orders.services import (
    cancel_order,
    choose_payment,
    return_lines,
    start_chosen_payment,
)
from payments.api.serializers import PaymentInputSerializer, PaymentSerializer
from payments.errors import (
    AlreadyPaidError,
    NotStartableError,
    UnknownProviderError,
)

PARAMETERS = [IDEMPOTENCY_KEY, TOKEN_IN_HEADER]


class OrderChangeViewSet(ApiViewSet[Order]):
    """Changes of one order by its buyer, with an account or a guest's token."""

    permission_classes = (AllowAny,)
    meanings = ORDER_KEY
    queryset = Order.objects.none()
    refusals = (NotAuthenticated, TransitionNotAllowedError)
    serializer_classes: ClassVar[dict[str, type[BaseSerializer[Any]]]] = {
        "payment": PaymentInputSerializer,
        "cancel": TakeBackInputSerializer,
        "take_back": TakeBackInputSerializer,
    }
    error_pointers = {UnknownProviderError: "#/provider"}

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Pick one serializer per action."""
        return self.serializer_classes[self.action]

    @refuses(AlreadyPaidError, NotStartableError, UnknownProviderError)
    @extend_schema(parameters=PARAMETERS, responses=PaymentSerializer)
    def payment(self, request: Request, key: str) -> Response:
        """Start the payment of an order, or try again, in the same or another way."""
        order = find_order(request, key, Order.objects.all())
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        outcome = run_once_if_keyed(
            read_key(request, endpoint=f"order.payment:{order.public_id.hex}"),
            lambda: (
                choose_payment(
                    order.pk, provider=wanted["provider"], actor=buyer_of(request)
                ).public_id.hex
            ),
        )
        started = start_chosen_payment(
            UUID(outcome.made),
            token=wanted["token"],
            return_url=wanted["return_url"],
            is_replay=outcome.is_replay,
        )
        shown = PaymentSerializer(started, context=self.get_serializer_context())
        return Response(shown.data, headers=replay_headers(outcome))

    @refuses(QuantityError, UnknownLineError)
    @extend_schema(parameters=PARAMETERS, responses=OrderDetailSerializer)
    def cancel(self, request: Request, key: str) -> Response:
        """Cancel an order, or units of it, before it is shipped."""
        return self._take_units(request, key, "cancel", cancel_order)

    @refuses(QuantityError, ReturnWindowClosedError, UnknownLineError)
    @extend_schema(
        operation_id="order_return",
        parameters=PARAMETERS,
        responses=OrderDetailSerializer,
    )
    def take_back(self, request: Request, key: str) -> Response:
        """Return an order, or units of it, after its delivery."""
        return self._take_units(request, key, "return", return_lines)

    def _take_units(
        self,
        request: Request,
        key: str,
        action: str,
        service: Callable[..., OrderEvent],
    ) -> Response:
        """Let a service take units off an order, and show what is left of it."""
        order = find_order(request, key, Order.objects.all())
        body = TakeBackInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        outcome = run_once_if_keyed(
            read_key(request, endpoint=f"order.{action}:{order.public_id.hex}"),
            lambda: (
                service(
                    order.pk,
                    actor=buyer_of(request),
                    quantities=body.quantities(),
                    reason=body.validated_data["reason"],
                ).public_id.hex
            ),
        )
        changed = load_money(Order.objects.for_detail().get(pk=order.pk))
        shown = OrderDetailSerializer(changed, context=self.get_serializer_context())
        return Response(shown.data, headers=replay_headers(outcome))
