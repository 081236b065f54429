"""A partner's own stock."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer

from custom.api.bulks import DRY_RUN, DRY_RUN_PARAMETER, is_dry_run, sum_up
from custom.api.conditional import (
    PreconditionRequiredError,
    entity_tag,
    expected_states,
    has_condition,
)
from custom.api.contract import IDEMPOTENCY_KEY, IF_MATCH, refuses, sends
from custom.api.idempotency import HEADER, read_key, replay_headers
from custom.api.views import ApiViewSet
from custom.idempotency import Outcome, run_once_if_keyed
from custom.ids import new_public_id
from partner.api.access import PartnerMixin, require_manager
from partner.api.bulk import try_rows, write_rows
from partner.api.filters import StockFilter
from partner.api.serializers import (
    NewStockRecordSerializer,
    StockBulkResultSerializer,
    StockBulkSerializer,
    StockChangeSerializer,
    StockRecordSerializer,
)
from partner.errors import (
    AlreadyOfferedError,
    BelowAllocatedError,
    PriceError,
    SkuTakenError,
    StockChangedError,
)
from partner.models import StockRecord
from partner.querysets import StockRecordQuerySet
from partner.scopes import STOCK_READ, STOCK_WRITE
from partner.services import (
    StockChange,
    create_stock_record,
    stock_state,
    write_stock_record,
)

OF_CLERKS = frozenset({"num_in_stock", "low_stock_threshold", "expected"})
UNGUARDED = "Send If-Match with the record's ETag, or expected in the body."
KEY_PARAMETER = OpenApiParameter(HEADER, OpenApiTypes.STR, "header")


class StockViewSet(
    PartnerMixin[StockRecord], mixins.ListModelMixin, ApiViewSet[StockRecord]
):
    """List, create, read, change, and change in bulk, the caller's own stock."""

    filterset_class = StockFilter
    key_scope = {
        "list": STOCK_READ,
        "retrieve": STOCK_READ,
        "create": STOCK_WRITE,
        "partial_update": STOCK_WRITE,
        "bulk": STOCK_WRITE,
    }
    serializer_classes: dict[str, type[BaseSerializer[Any]]] = {
        "create": NewStockRecordSerializer,
        "partial_update": StockChangeSerializer,
        "bulk": StockBulkSerializer,
    }
    error_pointers = {
        AlreadyOfferedError: "#/variant",
        SkuTakenError: "#/partner_sku",
        StockChangedError: "#/expected",
    }

    def get_queryset(self) -> StockRecordQuerySet:
        """Scope to the caller's partners, then load what is shown; 1 query."""
        if getattr(self, "swagger_fake_view", False):
            return StockRecord.objects.none()
        is_list = self.action == "list"
        own = [self.partner.pk] if is_list else self.partner_ids()
        return StockRecord.objects.of_partners(own).for_partner_pages()

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        """Pick one serializer per action."""
        return self.serializer_classes.get(self.action, StockRecordSerializer)

    def get_query_parameters(self) -> frozenset[str]:
        """Take ``dry_run`` where many rows are sent."""
        names = super().get_query_parameters()
        return names | {DRY_RUN} if self.action == "bulk" else names

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List the stock of one partner."""
        return super().list(request, *args, **kwargs)

    @sends("ETag")
    def retrieve(self, request: Request, pk: int) -> Response:
        """Read one stock record."""
        return self._shown(self.get_object())

    @refuses(AlreadyOfferedError, PriceError, SkuTakenError)
    @sends("ETag", "Location")
    @extend_schema(parameters=[IDEMPOTENCY_KEY], responses={201: StockRecordSerializer})
    def create(self, request: Request) -> Response:
        """Offer a variant; managers only."""
        require_manager(self.role_for(self.partner.pk), ["new stock records"])
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        outcome = self._create_once(body.validated_data)
        record = self.get_queryset().get(pk=outcome.made)
        path = reverse("partner:stock-detail", [record.pk], request=request)
        headers = replay_headers(outcome) | {"Location": path}
        return self._shown(record, HTTPStatus.CREATED, headers)

    @refuses(
        BelowAllocatedError,
        PreconditionRequiredError,
        PriceError,
        SkuTakenError,
        StockChangedError,
    )
    @sends("ETag")
    @extend_schema(parameters=[IF_MATCH], responses=StockRecordSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change one stock record, if it is as the caller last saw it."""
        record = self.get_object()
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        require_manager(self.role_for(record.partner_id), [*values.keys() - OF_CLERKS])
        expected = values.pop("expected", None)
        if expected is None and not has_condition(request):
            raise PreconditionRequiredError(UNGUARDED)
        self._write(record, StockChange(**values), expected)
        return self._shown(self.get_object())

    @extend_schema(
        parameters=[
            IDEMPOTENCY_KEY,
            DRY_RUN_PARAMETER,
        ],
        responses=StockBulkResultSerializer,
    )
    def bulk(self, request: Request) -> Response:
        """Change up to 1,000 stock records; a row that is refused stops no other."""
        key = read_key(request, endpoint=f"stock.bulk:{self.partner.pk}")
        is_trial = is_dry_run(request)
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        rows, user = body.validated_data["rows"], self.request.user
        if is_trial:
            tried = try_rows(self.membership, rows, actor=user)
            return Response(sum_up(tried, is_dry_run=True))
        results, outcome = write_rows(key, self.membership, rows, actor=user)
        answer = sum_up(results, is_dry_run=False)
        return Response(answer, headers=replay_headers(outcome))

    def _create_once(self, values: dict[str, Any]) -> Outcome:
        """Store a record, unless the request's key did so before."""

        def create() -> str:
            made = create_stock_record(
                partner=self.partner,
                source=f"api:{new_public_id()}",
                actor=self.request.user,
                **{"currency": settings.SHOP_CURRENCY, **values},
            )
            return str(made.pk)

        key = read_key(self.request, endpoint=f"stock.create:{self.partner.pk}")
        return run_once_if_keyed(key, create)

    def _write(
        self, record: StockRecord, change: StockChange, expected: int | None
    ) -> None:
        """Change a record under the conditions the request states."""
        write_stock_record(
            record.pk,
            change,
            states=expected_states(self.request),
            expected=expected,
            source=f"api:{new_public_id()}",
            actor=self.request.user,
        )

    def _shown(
        self,
        record: StockRecord,
        status: HTTPStatus = HTTPStatus.OK,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Show one record, with the tag by which it may be written."""
        is_read = self.action == "retrieve"  # and obeys ?fields=
        shown = (
            self.get_serializer(record) if is_read else StockRecordSerializer(record)
        )
        tag = entity_tag(self.request, stock_state(record, record.level), shown.data)
        return Response(shown.data, status, headers={"ETag": tag, **(headers or {})})
