"""Small endpoints that show what the kernel alone does."""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django_filters import FilterSet, NumberFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from custom.api.fields import MoneyField
from custom.api.output import ModelOutputSerializer, OutputSerializer
from custom.api.pagination import CursorPagination
from custom.api.serializers import StrictSerializer
from custom.api.views import ApiView, ApiViewSet
from custom.errors import ConflictError, InvalidError, MissingError, UnavailableError


class LineSerializer(StrictSerializer):
    variant = serializers.IntegerField(min_value=1)
    quantity = serializers.IntegerField(min_value=1)


class BodySerializer(StrictSerializer):
    name = serializers.CharField(max_length=10)
    note = serializers.CharField(required=False, allow_blank=True, allow_null=True)
    is_gift = serializers.BooleanField(required=False)
    price = serializers.DecimalField(max_digits=12, decimal_places=3, required=False)
    weight = serializers.FloatField(required=False, allow_null=True)
    line = LineSerializer(required=False)
    lines = serializers.ListField(child=LineSerializer(), required=False)
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    id = serializers.IntegerField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["name"] == "nobody":
            msg = "Nobody is not a name"
            raise serializers.ValidationError(msg, code="no_body")
        return attrs


class EchoView(ApiView):
    """Answers with the body, as parsed or as its serializer read it."""

    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        return Response(request.data)

    def put(self, request: Request) -> Response:
        body = BodySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.validated_data)


class PriceSerializer(OutputSerializer[Any]):
    id = serializers.IntegerField()
    price = MoneyField()
    was = MoneyField(source="old.price", currency_source="old.currency")
    broken = serializers.SerializerMethodField()

    computed: ClassVar[list[int]] = []

    def get_broken(self, row: dict[str, Any]) -> str:
        self.computed.append(row["id"])
        return "computed"


PRICES = [
    {
        "id": number,
        "price": Decimal(number),
        "currency": "EUR",
        "old": {"price": None if number == 1 else Decimal(1200), "currency": "JPY"},
    }
    for number in range(1, 106)
]


class PriceFilter(FilterSet):
    price_min = NumberFilter()


class PriceViewSet(ApiViewSet[Any]):
    """Pages of a list that needs no database."""

    permission_classes = (AllowAny,)
    serializer_class = PriceSerializer
    filterset_class = PriceFilter
    query_parameters = frozenset({"depth"})
    filter_backends = ()
    is_public_page = True

    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(PRICES)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, slug: str) -> Response:
        return Response(self.get_serializer(PRICES[len(slug)]).data)


class SessionFilter(FilterSet):
    number = NumberFilter(method="keep_all")

    def keep_all(
        self, queryset: QuerySet[Session], _name: str, _value: Decimal
    ) -> QuerySet[Session]:
        return queryset


class SessionSerializer(ModelOutputSerializer[Session]):
    class Meta:
        model = Session
        fields = ("session_key", "expire_date")


class NewestFirst(CursorPagination):
    ordering = ("-expire_date", "-session_key")


class SessionViewSet(mixins.ListModelMixin, ApiViewSet[Session]):
    """Pages by cursor over real rows; private."""

    permission_classes = (AllowAny,)
    queryset = Session.objects.all()
    serializer_class = SessionSerializer
    filterset_class = SessionFilter
    pagination_class = NewestFirst


class PrivateView(ApiView):
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"who": request.user.get_username()})


class NotForSaleError(InvalidError):
    code = "not-for-sale"
    title = "Not for sale"


class GoneError(MissingError):
    code = "gone"
    title = "Gone"


class ShortageError(ConflictError):
    code = "shortage"
    title = "Shortage"
    retry_after = 7


class BusyError(UnavailableError):
    code = "busy"
    title = "Busy"


FAILURES: dict[str, Exception] = {
    "bug": RuntimeError("secret of the house"),
    "database": OperationalError(2006, "Server has gone away"),
    "invalid": NotForSaleError("This film is not for sale", variant=7, status=1),
    "missing": GoneError("It is gone."),
    "conflict": ShortageError("Only 2 are left.", shortages=[{"left": 2}]),
    "unavailable": BusyError("Try again."),
    "throttled": Throttled(15.2),
    "token": AuthenticationFailed("Invalid token.", code="token_expired"),
}


class FailingView(ApiView):
    permission_classes = (AllowAny,)

    @extend_schema(responses=OpenApiTypes.NONE)
    def get(self, request: Request, kind: str) -> Response:
        raise FAILURES[kind]


def plain_page(_request: HttpRequest) -> HttpResponse:
    """Fails as a page outside DRF would."""
    response = HttpResponseNotAllowed(["PUT"], "<h1>no</h1>")
    response.set_cookie("seen", "1")
    return response


def plain_bug(_request: HttpRequest) -> HttpResponse:
    raise FAILURES["bug"]


def plain_teapot(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>teapot</h1>", status=418)
