"""Reading and writing reviews of a product."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from catalogue.api.addresses import find_product
from catalogue.pages import product_tag
from catalogue.rows import PublicProduct
from custom.api.contract import IDEMPOTENCY_KEY, refuses
from custom.api.idempotency import REPLAYED_HEADER, read_key
from custom.api.problems import MovedError
from custom.api.views import ApiViewSet
from custom.errors import GoneError
from orders.models import Order
from reviews.api.serializers import ReviewInputSerializer, ReviewSerializer
from reviews.errors import ReviewExistsError, ReviewGoneError
from reviews.models import Review
from reviews.querysets import ReviewQuerySet
from reviews.services import NewReview, write_review
from users.api.requests import AuthenticatedRequest

KEY_PARAMETER = OpenApiParameter(
    "key",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description="Id or slug of the product.",
)


class ReviewViewSet(mixins.ListModelMixin, ApiViewSet[Review]):
    """The reviews of one product that anyone may see."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    serializer_class: type[BaseSerializer[Any]] = ReviewSerializer
    filter_backends = ()
    refusals = (MovedError, GoneError)

    @property
    def is_public_page(self) -> bool:  # type: ignore[override]  # by method here
        """Tell that what is read is the same for everyone."""
        # The schema is written from views that have no request.
        return getattr(self.request, "method", None) != "POST"

    def get_queryset(self) -> ReviewQuerySet:
        """Keep the product's published reviews, the latest first."""
        if getattr(self, "swagger_fake_view", False):
            return Review.objects.none()
        product = self._product()
        self.shows(product_tag(product.pk), until=product.next_boundary)
        reviews: ReviewQuerySet = Review.objects.of_product(product.pk)
        return reviews.published().newest_first().for_list()

    @extend_schema(parameters=[KEY_PARAMETER])
    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        """List what buyers think of the product."""
        return super().list(request, *args, **kwargs)

    @refuses(ReviewExistsError, ReviewGoneError)
    @extend_schema(
        parameters=[KEY_PARAMETER, IDEMPOTENCY_KEY],
        request=ReviewInputSerializer,
        responses={HTTPStatus.CREATED: ReviewSerializer},
    )
    def create(self, request: AuthenticatedRequest, key: str) -> Response:
        """Write a review; others read it once staff have published it."""
        product = self._product()
        body = ReviewInputSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        bought = Order.objects.visible_to(request.user).with_product(product.pk)
        review, is_replay = write_review(
            NewReview(
                product_id=product.pk,
                author=request.user,
                is_verified_buyer=bought.exists(),
                **body.validated_data,
            ),
            request_key=read_key(request, endpoint=f"review.write:{product.pk}"),
        )
        return Response(
            ReviewSerializer(review).data,
            HTTPStatus.CREATED,
            headers={REPLAYED_HEADER: "true"} if is_replay else None,
        )

    def _product(self) -> PublicProduct:
        """Find the product of the path among those anyone may see."""
        return find_product(self.request, self.kwargs["key"])
