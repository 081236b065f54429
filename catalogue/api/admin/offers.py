"""What partners ask for a variant, and what there is of it."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.api.admin.access import (
    IF_NONE_MATCH_PARAMETER,
    VIEW_PRODUCT,
    StaffMixin,
)
from catalogue.api.admin.inputs import OfferUpsertSerializer
from catalogue.api.admin.outputs import OfferSerializer, OffersSerializer, offers_of
from catalogue.models import Variant
from catalogue.services import Edit
from custom.api.conditional import PreconditionRequiredError, entity_tag
from custom.api.contract import IF_MATCH, refuses, sends
from custom.ids import new_public_id
from partner.api.views import UNGUARDED
from partner.errors import (
    AlreadyOfferedError,
    BelowAllocatedError,
    PriceError,
    SkuTakenError,
    StockChangedError,
)
from partner.models import Partner, StockRecord
from partner.scoping import partners_shown_to
from partner.services import (
    StockChange,
    create_stock_record,
    stock_state,
    write_stock_record,
)

VIEW_OFFER = "partner.view_stockrecord"


class AdminOfferViewSet(StaffMixin[StockRecord]):
    """Offers of a variant: those of the partners the caller may see."""

    pagination_class = None
    filter_backends = ()
    meanings = {
        "product_id": "Id of the product.",
        "variant_id": "Id of the variant.",
        "partner": "Code of the partner.",
    }
    error_pointers: ClassVar = {
        SkuTakenError: "#/partner_sku",
        PriceError: "#/price",
        AlreadyOfferedError: "#",
    }
    rights: ClassVar = {
        "list": (VIEW_PRODUCT, VIEW_OFFER),
        "retrieve": (VIEW_PRODUCT, VIEW_OFFER),
        "upsert": (VIEW_PRODUCT, VIEW_OFFER, "partner.change_stockrecord"),
    }
    serializer_classes: ClassVar = {
        "list": OfferSerializer,
        "retrieve": OfferSerializer,
        "upsert": OfferUpsertSerializer,
    }

    def get_queryset(self) -> QuerySet[StockRecord]:
        """Keep offers of the variant by partners the caller may see; 1 query."""
        offers: QuerySet[StockRecord] = offers_of(partners_shown_to(self.request.user))
        return offers.filter(variant=self.kwargs["variant_id"])

    def variant(self) -> Variant:
        """Return the variant of the address.

        Raises:
            Http404: It is not the product's, or there is none.
        """
        ids = self.kwargs["variant_id"], self.kwargs["product_id"]
        return get_object_or_404(Variant, pk=ids[0], product=ids[1])

    @extend_schema(responses=OffersSerializer)
    def list(self, request: Request, product_id: int, variant_id: int) -> Response:
        """List the offers of a variant."""
        self.variant()
        shown = self.get_serializer(self.get_queryset(), many=True).data
        return Response({"results": shown})

    @sends("ETag")
    def retrieve(
        self, request: Request, product_id: int, variant_id: int, partner: str
    ) -> Response:
        """Read what a partner asks for a variant."""
        self.variant()
        offer = self.get_queryset().filter(partner__code=partner).first()
        if offer is None:
            raise Http404
        return self.offered(offer, self.get_serializer(offer).data)

    @refuses(
        AlreadyOfferedError,
        BelowAllocatedError,
        PreconditionRequiredError,
        PriceError,
        SkuTakenError,
        StockChangedError,
    )
    @sends("ETag", "Location")
    @extend_schema(
        parameters=[IF_MATCH, IF_NONE_MATCH_PARAMETER],
        responses={200: OfferSerializer, 201: OfferSerializer},
    )
    def upsert(
        self, request: Request, product_id: int, variant_id: int, partner: str
    ) -> Response:
        """Make or change what a partner asks, and count what there is.

        A count replaces one that was read: it wants `If-Match` or `expected`.
        """
        variant, owner = self.variant(), self._partner(partner)
        values, edit = self.read_body()
        found = self.get_queryset().filter(partner=owner).first()
        edit.check(exists=found is not None)
        if found is None:
            self._make(variant, owner, values, edit)
        else:
            self._change(found, values, edit)
        offer = self.get_queryset().get(partner=owner)
        status = HTTPStatus.OK if found else HTTPStatus.CREATED
        return self.offered(offer, OfferSerializer(offer).data, status)

    def _partner(self, code: str) -> Partner:
        """Return a partner whose offers the caller may see.

        Raises:
            Http404: There is none.
        """
        shown = partners_shown_to(self.request.user)
        partners = Partner.objects.filter(code=code)
        if shown is not None:
            partners = partners.filter(pk__in=shown)
        return get_object_or_404(partners)

    def _make(
        self, variant: Variant, partner: Partner, values: dict[str, Any], edit: Edit
    ) -> None:
        """Let the service store an offer, with its level and ledger."""
        if not self.request.user.has_perm("partner.add_stockrecord"):
            self.permission_denied(self.request)
        values.pop("expected", None)
        if "price" not in values:
            fault = ErrorDetail("A new offer needs it.", "required")
            raise ValidationError({"price": [fault]})
        create_stock_record(
            partner=partner,
            variant=variant,
            source=f"api:{new_public_id()}",
            actor=edit.actor,
            reason=edit.reason,
            **{
                "currency": settings.SHOP_CURRENCY,
                "partner_sku": variant.sku,
                **values,
            },
        )

    def _change(self, found: StockRecord, values: dict[str, Any], edit: Edit) -> None:
        """Let the service change an offer, and count its units if that was asked."""
        expected = values.pop("expected", None)
        if "num_in_stock" in values and not edit.must_exist and expected is None:
            raise PreconditionRequiredError(UNGUARDED)
        write_stock_record(
            found.pk,
            StockChange(**values),
            source=f"api:{new_public_id()}",
            states=edit.states,
            expected=expected,
            actor=edit.actor,
            reason=edit.reason,
        )

    def offered(
        self,
        offer: StockRecord,
        shown: Any,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Answer with the tag of the offer, which is not that of the product."""
        state = stock_state(offer, offer.level)
        headers = {"ETag": entity_tag(self.request, state, shown)}
        if status == HTTPStatus.CREATED:
            ids = self.kwargs["product_id"], self.kwargs["variant_id"]
            path = reverse("admin-api:offer-detail", args=[*ids, offer.partner.code])
            headers["Location"] = self.request.build_absolute_uri(path)
        return Response(shown, status, headers=headers)
