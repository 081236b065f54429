"""The ways to send what a caller wants to buy."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from basket.api.callers import holder_of
from basket.errors import EmptyBasketError, NotForSaleError
from basket.items import Item, choose_items, find_items
from basket.quotes import offer_shipping
from basket.requests import LineRequest, QuoteRequest
from basket.selectors import contents_of
from custom.api.contract import BASKET_TOKEN, refuses
from custom.api.problems import QueryParameterError
from custom.api.views import ApiView
from promotions.codes import customer_key
from shipping.api.serializers import (
    ShippingOfferSerializer,
    ShippingOffersSerializer,
    ShippingQuerySerializer,
)


class ShippingView(ApiView):
    """Ways to send the caller's basket, or the variants that are named."""

    permission_classes = (AllowAny,)
    serializer_class = ShippingOfferSerializer
    query_parameters = frozenset(ShippingQuerySerializer().fields)

    @refuses(EmptyBasketError, NotForSaleError)
    @extend_schema(
        operation_id="shipping_list",
        parameters=[ShippingQuerySerializer, BASKET_TOKEN],
        responses=ShippingOffersSerializer,
    )
    def get(self, request: Request) -> Response:
        """List them, the cheapest first; none goes where the list is empty."""
        query = ShippingQuerySerializer(
            data={
                name: value
                for name, value in request.query_params.items()
                if name in self.query_parameters
            }
        )
        if not query.is_valid():
            raise QueryParameterError(query.errors)
        items, wanted = _wanted(request, query.validated_data)
        offers = offer_shipping(items, wanted)
        return Response({"results": self.get_serializer(offers, many=True).data})


def _wanted(
    request: Request, query: Mapping[str, Any]
) -> tuple[list[Item], QuoteRequest]:
    """Find what is to be sent, and where.

    Raises:
        NotForSaleError: One of the variants named is not sold.
        EmptyBasketError: None is named, and nothing in the basket is for sale.
    """
    place = {name: query[name] for name in ("country", "postcode", "region")}
    if ids := query.get("variant"):
        lines = tuple(LineRequest(pk, 1) for pk in ids)
        return _items_named(lines), QuoteRequest(lines=lines, **place)
    holder = holder_of(request)
    contents = contents_of(holder)
    items, _unsold = find_items(contents.lines)
    if not items:
        msg = "Nothing in your basket is for sale."
        raise EmptyBasketError(msg)
    return items, QuoteRequest(
        lines=contents.lines,
        vouchers=contents.vouchers,
        customer=customer_key(holder.user_id),
        **place,
    )


def _items_named(lines: tuple[LineRequest, ...]) -> list[Item]:
    """Look up variants; a refusal points at the parameter."""
    try:
        return choose_items(lines)
    except NotForSaleError as error:
        fault = {
            "pointer": "#/query/variant",
            "code": error.code,
            "detail": error.detail,
        }
        raise NotForSaleError(error.detail, errors=[fault]) from None
