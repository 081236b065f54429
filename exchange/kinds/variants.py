"""Variants, by SKU."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from import_export.fields import Field

from catalogue.models import SLUG_LENGTH, AttributeDefinition, Product, Variant
from catalogue.services import (
    AddedVariant,
    NewVariant,
    VariantChange,
    rewrite_variants,
)
from catalogue.services.listings import TREE_LOCK
from catalogue.services.names import SLUG_LOCK
from custom.locks import lock_named
from exchange.cells import Attributes, Code, Text, Whole, YesNo
from exchange.kinds.attributes import clean_cell
from exchange.kinds.base import Kind, Line, RowError, Scope
from exchange.kinds.reading import in_chunks, products_in
from partner.services import refresh_summaries


@dataclass(slots=True)
class _Loaded:
    """What a chunk names."""

    products: dict[str, Product]  # by slug
    definitions: dict[int, list[AttributeDefinition]]  # by type; of variants


class VariantKind(Kind):
    """What is sold of products that are there."""

    name = "variants"
    label = "Variants"
    keys = ("sku",)
    view = "catalogue.view_variant"
    change = "catalogue.change_variant"
    create = "catalogue.add_variant"

    sku = Field("sku", "sku", Code(64, is_required=True))
    product = Field("product__slug", "product", Text(SLUG_LENGTH, is_required=True))
    title = Field("title", "title", Text(255))
    attributes = Field("attributes", "attributes", Attributes())
    barcode = Field("barcode", "barcode", Text(64))
    weight_grams = Field("weight_grams", "weight_grams", Whole())
    is_public = Field("is_public", "is_public", YesNo())

    def load(self, lines: Sequence[Line], scope: Scope) -> _Loaded:
        """Read variants, products and definitions; 3 queries."""
        found = {
            variant.sku: variant
            for variant in Variant.objects.filter(
                sku__in=[line.key for line in lines]
            ).select_related("product")
        }
        for line in lines:
            line.found = found.get(line.key)
        slugs = {line.values["product"] for line in lines if "product" in line.values}
        products = Product.objects.filter(slug__in=slugs)
        definitions: defaultdict[int, list[AttributeDefinition]] = defaultdict(list)
        of_variants = AttributeDefinition.objects.filter(
            applies_to=AttributeDefinition.AppliesTo.VARIANT
        )
        for each in of_variants.in_order():
            definitions[each.product_type_id].append(each)
        return _Loaded({each.slug: each for each in products}, definitions)

    def judge_one(self, line: Line, loaded: _Loaded, scope: Scope) -> None:
        """Refuse attributes that do not fit, and a move to another product."""
        values = line.values
        if line.found is not None:
            product = line.found.product
            if values.get("product", product.slug) != product.slug:
                detail = "A variant stays with its product."
                raise RowError(detail, "product")
        elif "product" not in values:
            detail = "A new variant needs a product."
            raise RowError(detail, "product")
        elif values["product"] not in loaded.products:
            detail = "There is no such product."
            raise RowError(detail, "product")
        else:
            product = loaded.products[values["product"]]
        if line.found is None or "attributes" in values:
            definitions = loaded.definitions.get(product.product_type_id, [])
            values["attributes"] = clean_cell(definitions, values.get("attributes", {}))
        self.compare(line)

    def lock(self) -> None:
        """Let nobody else give out SKUs, nor write products in another order."""
        lock_named(SLUG_LOCK)
        lock_named(TREE_LOCK)

    def store(self, lines: Sequence[Line], loaded: _Loaded, scope: Scope) -> None:
        """Write in bulk, and then bring what lists show of the products in step."""
        added, changed = [], []
        for line in lines:
            values = {
                name: value
                for name, value in line.values.items()
                if name not in ("sku", "product")
            }
            if line.found is None:
                product = loaded.products[line.values["product"]]
                new = NewVariant(sku=line.key, **values)
                added.append(AddedVariant(product_id=product.pk, new=new))
            else:
                changed.append(VariantChange(variant_id=line.found.pk, values=values))
        refresh_summaries(rewrite_variants(added, changed))

    def stored_rows(self, scope: Scope) -> Iterator[dict[str, Any]]:
        """Yield variants; a query for each 500."""
        rows = Variant.objects.select_related("product")
        if scope.category_id is not None:
            rows = rows.filter(product__in=products_in(scope.category_id))
        yield from map(self.row_of, in_chunks(rows))
