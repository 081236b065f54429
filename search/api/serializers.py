"""What clients see of searches."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import cached_property
from rest_framework import serializers

from catalogue.api.serializers import ProductListSerializer
from catalogue.models import Product
from catalogue.rows import ProductRow
from custom.api.output import OutputSerializer
from search.labels import Facet, FacetValue


class FoundProductSerializer(ProductListSerializer):
    """A product row with how well it fits."""

    score = serializers.SerializerMethodField(
        help_text="How well it fits what was typed; comparable within one answer."
    )

    class Meta:
        model = Product
        fields = (*ProductListSerializer.Meta.fields, "score")

    def get_score(self, row: ProductRow) -> float:
        """Return what the engine gave the match, by the context's ``scores``."""
        return self._scores[row.pk]

    @cached_property
    def _scores(self) -> Mapping[int, float]:
        """Look for the scores once for all rows."""
        scores: Mapping[int, float] = self.context["scores"]
        return scores


class FacetValueSerializer(OutputSerializer[FacetValue]):
    """A value of a facet."""

    value = serializers.CharField(
        help_text="What the filter takes; of a price band its `price_min` and "
        "`price_max` with - between them."
    )
    label = serializers.CharField()  # type: ignore[assignment]  # a field here
    count = serializers.IntegerField(help_text="Products with it.")
    level = serializers.IntegerField(help_text="Depth of a category, else 0.")


class FacetSerializer(OutputSerializer[Facet]):
    """A property of the products found."""

    code = serializers.CharField()
    name = serializers.CharField()
    values = FacetValueSerializer(many=True)


class SearchPageSerializer(OutputSerializer[Any]):
    """The answer to a search."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = FoundProductSerializer(many=True)
    facets = FacetSerializer(many=True)
    suggestion = serializers.CharField(
        allow_null=True,
        help_text="The query in words that products have; where what was typed finds "
        "nothing, the products found are those of the suggestion.",
    )


class SuggestionSerializer(OutputSerializer[Any]):
    """A title or a category whose words begin as was typed."""

    type = serializers.CharField(help_text="`category` or `product`.")
    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()


class SuggestionsSerializer(OutputSerializer[Any]):
    """Categories first, then titles, the best ones first."""

    results = SuggestionSerializer(many=True)
