"""What can be imported and exported, by name."""

from exchange.kinds.base import Kind, Scope
from exchange.kinds.categories import CategoryKind
from exchange.kinds.offers import PriceKind, StockKind
from exchange.kinds.products import ProductKind
from exchange.kinds.variants import VariantKind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        CategoryKind(),
        ProductKind(),
        VariantKind(),
        StockKind(),
        PriceKind(),
    )
}

__all__ = ["KINDS", "Kind", "Scope"]
