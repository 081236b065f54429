"""Searches as anyone may ask them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ErrorDetail
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalogue.api.filters import ATTRIBUTE_PARAMETER, attribute_parameters
from catalogue.rows import ProductRow
from catalogue.windows import first_boundary
from custom.api.contract import refuses
from custom.api.problems import QueryParameterError
from custom.api.views import ApiView
from search.api.parameters import MAX_QUERY_LENGTH, Reader
from search.api.serializers import (
    FacetSerializer,
    FoundProductSerializer,
    SearchPageSerializer,
    SuggestionSerializer,
    SuggestionsSerializer,
)
from search.errors import SearchUnavailableError
from search.matching import ORDERINGS
from search.pages import read_page
from search.premises import read_premises
from search.selectors import FoundKeys, search_products, tells_changes
from search.services import count_fruitless
from search.suggestions import suggest
from search.tags import TAGS

SHORTEST_START = 2  # characters


def _parameter(name: str, description: str, **options: Any) -> OpenApiParameter:  # noqa: ANN401
    return OpenApiParameter(name, description=description, **options)


SEARCH_PARAMETERS = [
    _parameter("q", 'Words; "phrases"; -unwanted ones. Without: every product.'),
    _parameter("category", "Id or slug, those below included.", many=True),
    _parameter("partner", "Id or code.", many=True),
    ATTRIBUTE_PARAMETER,
    _parameter("price_min", "At least this.", type=OpenApiTypes.DECIMAL),
    _parameter("price_max", "At most this.", type=OpenApiTypes.DECIMAL),
    _parameter("in_stock", "A unit lies ready.", type=OpenApiTypes.BOOL),
    _parameter("ordering", "Default: the best first.", enum=list(ORDERINGS)),
    _parameter("facets", "`category,partner,price,attr.<code>`: count these."),
    _parameter("page", "From 1.", type=OpenApiTypes.INT),
    _parameter("page_size", "At most 100.", type=OpenApiTypes.INT),
]
NAMES = frozenset(
    each.name for each in SEARCH_PARAMETERS if each is not ATTRIBUTE_PARAMETER
)


class SearchView(ApiView):
    """Products by words, filters and facets."""

    permission_classes = (AllowAny,)
    serializer_class = FoundProductSerializer
    is_public_page = True

    @refuses(SearchUnavailableError)
    @extend_schema(
        operation_id="search",
        parameters=SEARCH_PARAMETERS,
        responses=SearchPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Search; several values of one filter are alternatives."""
        given = request.query_params
        premises = read_premises(self.moment())
        wanted = Reader(given, premises.definitions).read()
        paginator: Any = self.paginator
        start, limit = paginator.window(request)
        wanted = replace(wanted, start=start, limit=limit)
        found = search_products(wanted, premises)
        keys: Any = FoundKeys(found, wanted, premises)
        matches: Any = self.paginate_queryset(keys) or []
        rows, facets = read_page(matches, found.facets, premises)
        if found.is_fruitless:  # counted each time: nobody keeps the answer
            count_fruitless(given["q"])
        elif tells_changes():
            self.shows(*TAGS, until=first_boundary(rows, timezone.now()))
        page = self._page(matches, rows)
        shown: Any = facets
        page.data["facets"] = FacetSerializer(shown, many=True).data
        page.data["suggestion"] = found.suggestion
        return page

    def get_query_parameters(self) -> frozenset[str]:
        """Add the attributes that this request names; unknown ones are told later."""
        given = self.request.query_params
        named = attribute_parameters(given)
        return super().get_query_parameters() | NAMES | {*named}

    def get_serializer_context(self) -> dict[str, Any]:
        """Add where pictures are."""
        media = self.request.build_absolute_uri(settings.MEDIA_URL)
        return dict(super().get_serializer_context()) | {"media_url": media}

    def _page(
        self, matches: Sequence[tuple[int, float]], rows: Sequence[ProductRow]
    ) -> Response:
        """Answer with one page; products that are no longer public count no more."""
        scores = {pk: round(score, 3) for pk, score in matches}
        context = self.get_serializer_context() | {"scores": scores}
        shown = self.get_serializer(rows, many=True, context=context).data
        answer = self.get_paginated_response(shown)
        answer.data["count"] -= len(matches) - len(rows)
        return answer


class SuggestView(ApiView):
    """Titles and categories while somebody types."""

    permission_classes = (AllowAny,)
    serializer_class = SuggestionSerializer
    is_public_page = True
    query_parameters = frozenset({"q"})

    @refuses(SearchUnavailableError)
    @extend_schema(
        operation_id="search_suggest",
        parameters=[
            _parameter("q", "How words begin: 2 characters or more.", required=True)
        ],
        responses=SuggestionsSerializer,
    )
    def get(self, request: Request) -> Response:
        """List up to 10 whose words begin so, accents or not."""
        start = request.query_params.get("q", "").strip()
        if not SHORTEST_START <= len(start) <= MAX_QUERY_LENGTH:
            told = f"Give {SHORTEST_START} to {MAX_QUERY_LENGTH} characters."
            raise QueryParameterError({"q": [ErrorDetail(told, "invalid")]})
        found, until = suggest(start)
        if tells_changes():
            self.shows(*TAGS, until=until)
        return Response({"results": self.get_serializer(found, many=True).data})
