"""Products, published or not."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.api.admin.access import (
    IF_NONE_MATCH_PARAMETER,
    PRODUCT_ERRORS,
    VARIANT_ERRORS,
    VIEW_PRODUCT,
    StaffMixin,
)
from catalogue.api.admin.filters import AdminProductFilter
from catalogue.api.admin.inputs import (
    NewProductSerializer,
    ProductChangeSerializer,
    ProductUpsertSerializer,
)
from catalogue.api.admin.outputs import (
    AdminProductSerializer,
    shown_products,
)
from catalogue.errors import MissingVariantError, StillOfferedError, TypeStaysError
from catalogue.models import EXTERNAL_ID_LENGTH, Product
from catalogue.querysets import ProductQuerySet
from catalogue.services import (
    NewVariant,
    add_product,
    edit_product,
    remove_product,
    upsert_product,
)
from custom.api.conditional import PreconditionRequiredError
from custom.api.contract import IDEMPOTENCY_KEY, IF_MATCH, refuses, sends
from custom.api.fields import read_code_of_path
from custom.api.idempotency import read_key
from custom.codes import normalize_code
from custom.idempotency import Outcome, run_once_if_keyed

# What of a product is read from tables of its own -> the members that show it.
PARTS: Mapping[str, Sequence[str]] = {
    "categories": ("categories",),
    "variants": ("variants",),
    "images": ("images",),
    "offers": ("variants.offers",),
}


class AdminProductViewSet(
    StaffMixin[Product], mixins.ListModelMixin, mixins.RetrieveModelMixin
):
    """List, read, make, change and delete products."""

    filterset_class = AdminProductFilter
    meanings = {"id": "Of the product.", "external_id": "What another calls it."}
    rights: ClassVar = {
        "list": (VIEW_PRODUCT,),
        "retrieve": (VIEW_PRODUCT,),
        "by_external_id": (VIEW_PRODUCT,),
        "create": (VIEW_PRODUCT, "catalogue.add_product", "catalogue.add_variant"),
        "partial_update": (VIEW_PRODUCT, "catalogue.change_product"),
        "destroy": (
            VIEW_PRODUCT,
            "catalogue.delete_product",
            "catalogue.delete_variant",
            "catalogue.delete_productimage",
        ),
        "upsert": (
            VIEW_PRODUCT,
            "catalogue.add_product",
            "catalogue.change_product",
            "catalogue.add_variant",
            "catalogue.change_variant",
        ),
    }
    serializer_classes: ClassVar = {
        "list": AdminProductSerializer,
        "retrieve": AdminProductSerializer,
        "by_external_id": AdminProductSerializer,
        "create": NewProductSerializer,
        "partial_update": ProductChangeSerializer,
        "upsert": ProductUpsertSerializer,
    }

    def get_queryset(self) -> ProductQuerySet:
        """Load all products with their parts, and the offers the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return Product.objects.none()
        return shown_products(self.request.user, self.wanted_parts(PARTS))

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List products; `updated_since` keeps what was changed from a moment on."""
        return super().list(request, *args, **kwargs)

    @sends("ETag")
    def retrieve(self, request: Request, pk: int) -> Response:
        """Read a product; its `ETag` is what a change has to name."""
        product = self.get_object()
        return self.tagged(product, self.get_serializer(product).data)

    @sends("ETag")
    def by_external_id(self, request: Request, external_id: str) -> Response:
        """Read the product that another system knows by this id."""
        name = normalize_code(external_id)
        product = self.get_queryset().filter(external_id=name).first()
        if product is None:
            raise Http404
        return self.tagged(product, self.get_serializer(product).data)

    @refuses(*PRODUCT_ERRORS, *VARIANT_ERRORS, MissingVariantError)
    @sends("ETag", "Location")
    @extend_schema(
        parameters=[IDEMPOTENCY_KEY], responses={201: AdminProductSerializer}
    )
    def create(self, request: Request) -> Response:
        """Make a product with its variants."""
        values, edit = self.read_body()
        key = read_key(request, endpoint="admin.product.create")
        new = [NewVariant(**each) for each in values.pop("variants")]
        made = {**values, "variants": new}
        outcome = run_once_if_keyed(key, lambda: str(add_product(made, edit=edit).pk))
        return self.shown(int(outcome.made), HTTPStatus.CREATED, outcome)

    @refuses(*PRODUCT_ERRORS, PreconditionRequiredError)
    @sends("ETag")
    @extend_schema(parameters=[IF_MATCH], responses=AdminProductSerializer)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a product; what is left out stays, `attributes` are sent whole."""
        product = self.get_object()
        values, edit = self.read_change()
        edit_product(product.pk, values, edit=edit)
        return self.shown(product.pk)

    @refuses(PreconditionRequiredError, StillOfferedError)
    @extend_schema(parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a product nobody offers; staff can bring it back in the admin."""
        product = self.get_object()
        self.require_condition()
        remove_product(product.pk, edit=self.edit())
        return Response(status=HTTPStatus.NO_CONTENT)

    @refuses(*PRODUCT_ERRORS, *VARIANT_ERRORS, MissingVariantError, TypeStaysError)
    @sends("ETag", "Location")
    @extend_schema(
        parameters=[IF_MATCH, IF_NONE_MATCH_PARAMETER],
        responses={200: AdminProductSerializer, 201: AdminProductSerializer},
    )
    def upsert(self, request: Request, external_id: str) -> Response:
        """Make or change the product that another system knows by this id.

        Without a condition the sender's word counts for the fields it sends. Variants
        are found by their SKUs.
        """
        name = read_code_of_path("external_id", external_id)
        values, edit = self.read_body()
        variants = values.pop("variants", ())
        pk, is_new = upsert_product(name, values, variants, edit=edit)
        return self.shown(pk, HTTPStatus.CREATED if is_new else HTTPStatus.OK)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find nothing under what no external id can be."""
        super().initial(request, *args, **kwargs)
        name = kwargs.get("external_id", "x")
        if len(normalize_code(name)) > EXTERNAL_ID_LENGTH or name != name.strip():
            raise Http404

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the reader of an upsert whether it is to make a product."""
        context = super().get_serializer_context()
        if self.action == "upsert" and "external_id" in self.kwargs:
            name = normalize_code(self.kwargs["external_id"])
            found = Product.objects.filter(external_id=name)
            context["is_new"] = not found.exists()
        return context

    def shown(
        self,
        pk: int,
        status: HTTPStatus = HTTPStatus.OK,
        outcome: Outcome | None = None,
    ) -> Response:
        """Show a product as it is stored now."""
        product = self.get_queryset().filter(pk=pk).first()
        if product is None:  # deleted since
            raise Http404
        context = super().get_serializer_context()
        shown = AdminProductSerializer(product, context=context).data
        is_new = status == HTTPStatus.CREATED
        path = reverse("admin-api:product-detail", args=[pk]) if is_new else ""
        return self.tagged(product, shown, status, location=path, outcome=outcome)
