"""What belongs to a product: variants and pictures, each written under its tag."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from catalogue.api.admin.access import (
    IF_NONE_MATCH_PARAMETER,
    VARIANT_ERRORS,
    VIEW_PRODUCT,
    StaffMixin,
)
from catalogue.api.admin.inputs import (
    SKU_LENGTH,
    ImageFieldsSerializer,
    NewImageSerializer,
    NewVariantSerializer,
    VariantChangeSerializer,
    VariantUpsertSerializer,
)
from catalogue.api.admin.outputs import (
    AdminImageSerializer,
    AdminImagesSerializer,
    AdminVariantSerializer,
    AdminVariantsSerializer,
    shown_products,
)
from catalogue.errors import (
    InvalidImageError,
    MissingVariantError,
    StillOfferedError,
)
from catalogue.models import Product, ProductImage, Variant
from catalogue.services import (
    NewVariant,
    add_picture,
    add_to_product,
    edit_picture,
    edit_variant,
    remove_picture,
    remove_variant,
    store_image,
    upsert_variant,
)
from custom.api.conditional import PreconditionRequiredError
from custom.api.contract import IDEMPOTENCY_KEY, IF_MATCH, refuses, sends
from custom.api.fields import read_code_of_path
from custom.api.idempotency import digest_of, read_key
from custom.api.parsers import MultiPartParser
from custom.api.views import ModelT_co
from custom.idempotency import Outcome, run_once_if_keyed


class PartMixin(StaffMixin[ModelT_co]):
    """For the parts of the product that the address names.

    Attributes:
        parts: Where the product has them.
        output_class: Shows one of them.
        route: Name of the address of one.
    """

    pagination_class = None
    filter_backends = ()
    meanings = {
        "product_id": "Id of the product.",
        "id": "Of the part.",
        "sku": "Of the variant.",
    }
    parts: ClassVar[str]
    output_class: ClassVar[type[BaseSerializer[Any]]]
    route: ClassVar[str]

    def get_queryset(self) -> QuerySet[Any]:
        """Load the product with these parts, and the offers the caller may see."""
        if getattr(self, "swagger_fake_view", False):
            return Product.objects.none()
        offers = ["offers"] if self.parts == "variants" and self.wants("offers") else []
        return shown_products(self.request.user, [self.parts, *offers])

    def get_serializer_context(self) -> dict[str, Any]:
        """Name the product, whose own variants a picture may show."""
        return super().get_serializer_context() | {
            "product_id": self.kwargs.get("product_id")
        }

    def product(self) -> Product:
        """Return the product of the address, with its parts.

        Raises:
            Http404: There is none.
        """
        found: Product | None = (
            self.get_queryset().filter(pk=self.kwargs["product_id"]).first()
        )
        if found is None:
            raise Http404
        return found

    def part(self, product: Product, pk: int) -> Any:
        """Return the product's part of this id.

        Raises:
            Http404: It is not the product's, or there is none.
        """
        for each in getattr(product, self.parts).all():
            if each.pk == pk:
                return each
        raise Http404

    @sends("ETag")
    def list(self, request: Request, product_id: int) -> Response:
        """List them all, in order."""
        product = self.product()
        rows = getattr(product, self.parts).all()
        return self.tagged(
            product, {"results": self.get_serializer(rows, many=True).data}
        )

    @sends("ETag")
    def retrieve(self, request: Request, product_id: int, pk: int) -> Response:
        """Read one; its `ETag` stands for the whole product."""
        product = self.product()
        return self.tagged(product, self.get_serializer(self.part(product, pk)).data)

    def shown(
        self,
        pk: int,
        status: HTTPStatus = HTTPStatus.OK,
        outcome: Outcome | None = None,
    ) -> Response:
        """Show a part as it is stored now."""
        product = self.product()
        context = self.get_serializer_context()
        shown = self.output_class(self.part(product, pk), context=context).data
        is_new = status == HTTPStatus.CREATED
        path = reverse(self.route, args=[product.pk, pk]) if is_new else ""
        return self.tagged(product, shown, status, location=path, outcome=outcome)


@extend_schema_view(list=extend_schema(responses=AdminVariantsSerializer))
class AdminVariantViewSet(PartMixin[Variant]):
    """What is sold of a product."""

    parts = "variants"
    output_class = AdminVariantSerializer
    route = "admin-api:variant-detail"
    rights: ClassVar = {
        "list": (VIEW_PRODUCT, "catalogue.view_variant"),
        "retrieve": (VIEW_PRODUCT, "catalogue.view_variant"),
        "create": (VIEW_PRODUCT, "catalogue.add_variant"),
        "upsert": (VIEW_PRODUCT, "catalogue.add_variant", "catalogue.change_variant"),
        "partial_update": (VIEW_PRODUCT, "catalogue.change_variant"),
        "destroy": (VIEW_PRODUCT, "catalogue.delete_variant"),
    }
    serializer_classes: ClassVar = {
        "list": AdminVariantSerializer,
        "retrieve": AdminVariantSerializer,
        "create": NewVariantSerializer,
        "upsert": VariantUpsertSerializer,
        "partial_update": VariantChangeSerializer,
    }

    @refuses(*VARIANT_ERRORS)
    @sends("ETag", "Location")
    @extend_schema(
        parameters=[IDEMPOTENCY_KEY, IF_MATCH], responses={201: AdminVariantSerializer}
    )
    def create(self, request: Request, product_id: int) -> Response:
        """Add a variant; `If-Match` is optional."""
        product = self.product()
        values, edit = self.read_body()
        new = NewVariant(**values)
        key = read_key(request, endpoint=f"admin.variant.create:{product.pk}")
        outcome = run_once_if_keyed(
            key, lambda: str(add_to_product(product.pk, new, edit=edit).pk)
        )
        return self.shown(int(outcome.made), HTTPStatus.CREATED, outcome)

    @refuses(*VARIANT_ERRORS)
    @sends("ETag", "Location")
    @extend_schema(
        parameters=[IF_MATCH, IF_NONE_MATCH_PARAMETER],
        responses={200: AdminVariantSerializer, 201: AdminVariantSerializer},
    )
    def upsert(self, request: Request, product_id: int, sku: str) -> Response:
        """Make or change the product's variant of this SKU."""
        code = read_code_of_path("sku", sku)
        if len(code) > SKU_LENGTH or sku != sku.strip():
            raise Http404
        product = self.product()
        values, edit = self.read_body()
        pk, is_new = upsert_variant(product.pk, code, values, edit=edit)
        return self.shown(pk, HTTPStatus.CREATED if is_new else HTTPStatus.OK)

    @refuses(*VARIANT_ERRORS, PreconditionRequiredError)
    @sends("ETag")
    @extend_schema(parameters=[IF_MATCH], responses=AdminVariantSerializer)
    def partial_update(self, request: Request, product_id: int, pk: int) -> Response:
        """Change a variant; what is left out stays."""
        variant = self.part(self.product(), pk)
        values, edit = self.read_change()
        edit_variant(variant, values, edit=edit)
        return self.shown(pk)

    @refuses(MissingVariantError, PreconditionRequiredError, StillOfferedError)
    @extend_schema(parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, product_id: int, pk: int) -> Response:
        """Delete a variant nobody offers, but not the last one."""
        variant = self.part(self.product(), pk)
        self.require_condition()
        remove_variant(variant, edit=self.edit())
        return Response(status=HTTPStatus.NO_CONTENT)


@extend_schema_view(list=extend_schema(responses=AdminImagesSerializer))
class AdminImageViewSet(PartMixin[ProductImage]):
    """Pictures of a product."""

    parts = "images"
    output_class = AdminImageSerializer
    route = "admin-api:image-detail"
    rights: ClassVar = {
        "list": (VIEW_PRODUCT, "catalogue.view_productimage"),
        "retrieve": (VIEW_PRODUCT, "catalogue.view_productimage"),
        "create": (VIEW_PRODUCT, "catalogue.add_productimage"),
        "partial_update": (VIEW_PRODUCT, "catalogue.change_productimage"),
        "destroy": (VIEW_PRODUCT, "catalogue.delete_productimage"),
    }
    serializer_classes: ClassVar = {
        "list": AdminImageSerializer,
        "retrieve": AdminImageSerializer,
        "create": NewImageSerializer,
        "partial_update": ImageFieldsSerializer,
    }

    def get_parsers(self) -> list[Any]:
        """Take files where one is uploaded, and nothing else there."""
        request: Any = getattr(self, "request", None)  # the schema asks without one
        is_upload = request is not None and request.method == "POST"
        return [MultiPartParser()] if is_upload else super().get_parsers()

    @refuses(InvalidImageError)
    @sends("ETag", "Location")
    @extend_schema(
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
        request={"multipart/form-data": NewImageSerializer},
        responses={201: AdminImageSerializer},
    )
    def create(self, request: Request, product_id: int) -> Response:
        """Upload a picture: up to 20 MiB, 50 million pixels, 16,383 along an edge."""
        product = self.product()
        values, edit = self.read_body()
        content = values.pop("file").read()
        body = {**request.data, "file": digest_of(content)}  # type: ignore[dict-item]
        key = read_key(request, endpoint=f"admin.image.create:{product.pk}", body=body)
        image = store_image(content, alt=values.pop("alt", ""))
        outcome = run_once_if_keyed(
            key, lambda: str(add_picture(product.pk, image, values, edit=edit).pk)
        )
        return self.shown(int(outcome.made), HTTPStatus.CREATED, outcome)

    @refuses(PreconditionRequiredError)
    @sends("ETag")
    @extend_schema(parameters=[IF_MATCH], responses=AdminImageSerializer)
    def partial_update(self, request: Request, product_id: int, pk: int) -> Response:
        """Change what is said of a picture, or its place."""
        image = self.part(self.product(), pk)
        values, edit = self.read_change()
        edit_picture(image, values, edit=edit)
        return self.shown(pk)

    @refuses(PreconditionRequiredError)
    @extend_schema(parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, product_id: int, pk: int) -> Response:
        """Take a picture away."""
        image = self.part(self.product(), pk)
        self.require_condition()
        remove_picture(image, edit=self.edit())
        return Response(status=HTTPStatus.NO_CONTENT)
