"""What the index holds of products, read from the database for many at once."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from django.conf import settings

from catalogue.attributes import JsonValue, label_of
from catalogue.models import (
    AttributeDefinition,
    Category,
    Product,
    ProductListing,
    Variant,
)
from catalogue.querysets import WHOLE_SHOP
from custom.money import places
from partner.models import StockRecord
from search.text import fold, split_words

NO_PRICE = -1  # of a product nobody offers: it sorts last downwards
NO_PRICE_RANK = 10**15  # and upwards
MAX_TOKEN = 200  # bytes; what Xapian and Elasticsearch take as one term
Document = dict[str, Any]


def token(code: str, value: JsonValue) -> str:
    """Return the term by which a product with this attribute value is found."""
    if isinstance(value, bool):
        value = "true" if value else "false"
    return f"{code}={value}"


def minor_units(amount: Decimal, currency: str, rounding: str = ROUND_HALF_UP) -> int:
    """Return an amount as a whole number of cents, or what the currency has."""
    return int(amount.scaleb(places(currency)).to_integral_value(rounding))


def price_bands() -> list[tuple[int, int | None]]:
    """Return the price bands, each with its first and last minor unit or None."""
    unit = 10 ** places(settings.SHOP_CURRENCY)
    starts = [0, *(bound * unit for bound in settings.SEARCH_PRICE_BANDS)]
    bands: list[tuple[int, int | None]] = [
        (start, following - 1) for start, following in pairwise(starts)
    ]
    return [*bands, (starts[-1], None)]


def band_of(price: int) -> str:
    """Return the name of the band a price is in; empty without a price."""
    if price == NO_PRICE:
        return ""
    return str(max(start for start, _ in price_bands() if start <= price))


def build_documents(product_ids: Iterable[int]) -> dict[int, Document]:
    """Read what the index should hold; 6 queries, whatever the number of products.

    Returns:
        Product id -> document; products that nobody may see are left out.
    """
    pks = list(product_ids)
    listed = ProductListing.objects.filter(product__in=pks)
    scopes: defaultdict[int, dict[int, ProductListing]] = defaultdict(dict)
    for row in listed.only("product", "scope", "in_stock", "price_from", "created_at"):
        scopes[row.product_id][row.scope] = row
    facts = _Facts(pks, {scope for found in scopes.values() for scope in found})
    products = Product.objects.public().filter(pk__in=pks).order_by("pk")
    return {
        product.pk: facts.document(product, scopes[product.pk])
        for product in products
        if WHOLE_SHOP in scopes[product.pk]
    }


class _Facts:
    """What belongs to a batch of products."""

    def __init__(self, pks: Sequence[int], scopes: set[int]) -> None:
        """Read variants, partners, categories' names and definitions; 4 queries."""
        public = Variant.objects.filter(product__in=pks, is_public=True).in_order()
        self.variants: defaultdict[int, list[Variant]] = defaultdict(list)
        for variant in public:
            self.variants[variant.product_id].append(variant)
        offers = StockRecord.objects.offered(settings.SHOP_CURRENCY)
        offers = offers.filter(variant__product__in=pks, variant__is_public=True)
        self.partners: defaultdict[int, set[int]] = defaultdict(set)
        pairs = offers.order_by().values_list("variant__product", "partner").distinct()
        for product_id, partner_id in pairs:
            self.partners[product_id].add(partner_id)
        categories = Category.objects.public().filter(pk__in=scopes)
        self.names: dict[int, str] = dict(categories.values_list("pk", "name"))
        self.definitions: defaultdict[int, list[AttributeDefinition]]
        self.definitions = defaultdict(list)
        for definition in AttributeDefinition.objects.in_order():
            self.definitions[definition.product_type_id].append(definition)

    def document(
        self, product: Product, listings: Mapping[int, ProductListing]
    ) -> Document:
        """Put together what is found, filtered, counted and sorted by."""
        row = listings[WHOLE_SHOP]
        categories = sorted(listings.keys() - {WHOLE_SHOP})
        variants = self.variants[product.pk]
        values = self._values(product, variants)
        labels = [label_of(definition, value) for definition, value in values]
        names = [self.names[pk] for pk in categories if pk in self.names]
        rest = [*(each.sku for each in variants), *(each.title for each in variants)]
        price = NO_PRICE
        if row.price_from is not None:
            price = minor_units(row.price_from, settings.SHOP_CURRENCY)
        document: Document = {
            "title": _words(product.title),
            "details": _words(*labels),
            "text": _words(*names, *rest, product.description),
            "title_order": fold(product.title)[:MAX_TOKEN],
            "category": [str(pk) for pk in categories],
            "partner": [str(pk) for pk in sorted(self.partners[product.pk])],
            "attribute": _tokens(values),
            "price": price,
            "price_rank": NO_PRICE_RANK if price == NO_PRICE else price,
            "price_band": band_of(price),
            "in_stock": row.in_stock,
            "created": int(row.created_at.timestamp()),
        }
        document["fingerprint"] = _fingerprint(document)
        return document

    def _values(
        self, product: Product, variants: Iterable[Variant]
    ) -> list[tuple[AttributeDefinition, JsonValue]]:
        """List each attribute value of a product and its variants once."""
        owners: dict[str, list[Product | Variant]]
        owners = {"product": [product], "variant": list(variants)}
        found: dict[tuple[int, JsonValue], AttributeDefinition] = {}
        for definition in self.definitions[product.product_type_id]:
            for owner in owners[definition.applies_to]:
                if definition.code in owner.attributes:
                    value = owner.attributes[definition.code]
                    found.setdefault((definition.pk, value), definition)
        return [(definition, value) for (_, value), definition in found.items()]


def _words(*texts: str) -> str:
    return " ".join(word for text in texts for word in split_words(text))


def _tokens(values: Iterable[tuple[AttributeDefinition, JsonValue]]) -> list[str]:
    """Return the terms of attribute values; what is longer than a term is left out."""
    terms = {token(definition.code, value) for definition, value in values}
    return sorted(term for term in terms if len(term.encode()) <= MAX_TOKEN)


def _fingerprint(document: Document) -> str:
    """Return a digest by which two states of a product are told apart."""
    written = json.dumps(document, sort_keys=True).encode()
    return hashlib.blake2b(written, digest_size=12).hexdigest()
