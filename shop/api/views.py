"""The map of the API, the shop itself, and the contract."""

from functools import cache
from threading import Lock
from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerView
from rest_framework.exceptions import ErrorDetail
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from custom.api.problems import QueryParameterError
from custom.api.renderers import TextXsdRenderer, XsdRenderer
from custom.api.views import ApiView
from custom.api.xsd import Body, SchemaWriter, find_body
from shop.api.serializers import ShopSerializer, XsdQuerySerializer

# Name of an entry -> name of its address.
ENTRIES = {
    "shop": "shop",
    "category": "catalogue:category-list",
    "product": "catalogue:product-list",
    "search": "search:search",
    "user": "users:registration",
    "login": "users:login",
    "logout": "users:logout",
    "me": "users:me",
    "address": "address:address-list",
    "country": "address:country-list",
    "basket": "basket:basket",
    "shipping": "shipping:offers",
    "order": "orders:order-create",
    "order_history": "orders:order-list",
    "partner_stock": "partner:stock-list",
    "rate_limit": "rate-limit",
    "payment_method": "payments:method-list",
    "schema": "schema",
    "docs": "docs",
}


XSD_TEXT = {
    "type": "string",
    "example": '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>',
}
EXTRACT = {"openapi": "3.1.0", "info": {"title": "Shop API", "version": "1"}}
_building = Lock()


class MapView(ApiView):
    """Where to begin."""

    permission_classes = (AllowAny,)
    is_public_page = True

    @extend_schema(
        responses={
            200: {
                "type": "object",
                "additionalProperties": {"type": "string", "format": "uri"},
            }
        }
    )
    def get(self, request: Request) -> Response:
        """List the addresses from which every other is reached."""
        return Response(
            {
                name: reverse(address, request=request)
                for name, address in ENTRIES.items()
            }
        )


class ShopView(ApiView):
    """The shop itself."""

    permission_classes = (AllowAny,)
    serializer_class = ShopSerializer
    is_public_page = True
    page_tags = frozenset({"shop"})  # no more than settings

    def get(self, request: Request) -> Response:
        """Tell the shop's name, currency, tax display, languages and countries."""
        shop = {
            "name": settings.SHOP_NAME,
            "currency": settings.SHOP_CURRENCY,
            "prices_include_tax": settings.SHOP_PRICES_INCLUDE_TAX,
            "languages": [code for code, _ in settings.LANGUAGES],
            "time_zone": settings.TIME_ZONE,
            "countries": settings.SHOP_COUNTRIES,
        }
        return Response(self.get_serializer(shop).data)


class SchemaView(ApiView):
    """The contract, for programs."""

    permission_classes = (AllowAny,)
    is_public_page = True

    @extend_schema(responses={200: {"type": "object", "example": EXTRACT}})
    def get(self, request: Request) -> Response:
        """Return this document."""
        return Response(build_schema(str(request.version)))


class XsdView(ApiView):
    """The contract, for programs that read XML."""

    permission_classes = (AllowAny,)
    renderer_classes = (XsdRenderer, TextXsdRenderer)
    is_public_page = True
    query_parameters = frozenset({"operation", "body", "sparse"})

    @extend_schema(
        operation_id="xsd_retrieve",
        parameters=[XsdQuerySerializer],
        responses={(200, kind): XSD_TEXT for kind in ("application/xml", "text/xml")},
    )
    def get(self, request: Request) -> Response:
        """Return the XML Schema of one body; without an operation, of every type."""
        given = {name: request.query_params.get(name) for name in self.query_parameters}
        query = XsdQuerySerializer(data={k: v for k, v in given.items() if v})
        if not query.is_valid():
            raise QueryParameterError(query.errors)
        try:
            return Response(build_xsd(request.version, **query.validated_data))
        except KeyError:
            told = "There is no such operation, or it has no such body."
            detail = ErrorDetail(told, "does-not-exist")
            raise QueryParameterError({"operation": [detail]}) from None


@cache
def build_xsd(
    version: str,
    *,
    operation: str = "",
    body: str = Body.ANSWER,
    sparse: bool = False,
) -> str:
    """Describe a body in XML Schema, once a process.

    Raises:
        KeyError: There is no such operation, or it has no such body.
    """
    document = build_schema(version)
    writer = SchemaWriter(
        document["components"]["schemas"],
        is_request=body == Body.REQUEST,
        is_sparse=sparse,
    )
    if operation:
        return writer.write(find_body(document, operation, body))
    names = [
        each["operationId"]
        for operations in document["paths"].values()
        for each in operations.values()
    ]
    return writer.write_types(f"Ask for ?operation= one of: {', '.join(names)}")


def build_schema(version: str) -> dict[str, Any]:
    """Describe every address anyone may see, once a process.

    One thread at a time: the generator loads its extensions without a guard.
    """
    with _building:
        return _build_schema(version)


@cache
def _build_schema(version: str) -> dict[str, Any]:
    schema: dict[str, Any] = SchemaGenerator(  # type: ignore[no-untyped-call]
        api_version=version
    ).get_schema(public=True)
    schema["info"]["version"] = version  # without the generator's " (1)"
    return schema


class DocsView(ApiView, SpectacularSwaggerView):
    """The contract, for people; every file comes from this machine."""

    http_method_names = ("get", "head")  # a page, not data
    permission_classes = (AllowAny,)
    authentication_classes = ()
    template_name = "shop/docs.html"


class ReferenceView(ApiView, SpectacularRedocView):
    """The contract, to read from top to bottom."""

    http_method_names = ("get", "head")  # a page, not data
    permission_classes = (AllowAny,)
    authentication_classes = ()
    template_name = "shop/redoc.html"
