"""The fields of the index, as Haystack wants them declared (decision 0024).

Fields with ``faceted=True`` have a twin named ``…_exact`` whose values are compared
whole: filters, facets and orders use that one.
"""

from typing import Any

from django.db.models import QuerySet
from haystack import indexes

from catalogue.models import Product


class ProductIndex(indexes.SearchIndex, indexes.Indexable):
    """Products; ``search.documents`` has read what each field holds."""

    text = indexes.CharField(document=True)
    title = indexes.CharField()
    details = indexes.CharField()
    title_start = indexes.EdgeNgramField(stored=False)
    title_order = indexes.CharField(faceted=True, stored=False)
    category = indexes.MultiValueField(faceted=True, stored=False)
    partner = indexes.MultiValueField(faceted=True, stored=False)
    attribute = indexes.MultiValueField(faceted=True, stored=False)
    price = indexes.IntegerField(stored=False)
    price_rank = indexes.IntegerField(stored=False)
    price_band = indexes.CharField(faceted=True, stored=False)
    in_stock = indexes.BooleanField(stored=False)
    created = indexes.IntegerField(stored=False)
    fingerprint = indexes.CharField(indexed=False)

    def get_model(self) -> type[Product]:
        """Return what is indexed."""
        return Product

    def index_queryset(self, using: str | None = None) -> QuerySet[Product]:
        """Return every product that anyone may see."""
        return Product.objects.public()

    def prepare(self, obj: Product) -> dict[str, Any]:
        """Add the document that was read for the whole batch."""
        prepared: dict[str, Any] = super().prepare(obj)
        prepared.update(obj.search_document)  # type: ignore[attr-defined]
        prepared["title_start"] = prepared["title"]
        self.prepared_data = prepared
        return prepared
