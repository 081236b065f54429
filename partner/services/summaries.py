"""The price and availability that product lists show and sort by (decision 0008)."""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from django.conf import settings

from catalogue.models import ProductSummary, Variant
from catalogue.services import copy_figures
from custom.batching import batched
from custom.collecting import Turn, gathered
from custom.transactions import transactional
from partner.strategy import Offer, best_offer, pick_offers

BATCH = 500  # products read and written at a time
NONE: AbstractSet[int] = frozenset()
FIGURES = ("price_from", "compare_at_price", "currency", "in_stock")


@gathered(Turn.FIGURES, NONE)
@transactional
def refresh_summaries(product_ids: Iterable[int]) -> AbstractSet[int]:
    """Work out again what lists show of products; 8 statements for each 500.

    Called last in a transaction, after what changed an offer: it locks the
    summaries in key order and only then reads the offers, so that of two
    transactions the one that commits last has seen the other's change.

    Returns:
        Ids of products with other figures than before; search is told of those. None
        where it is put off.
    """
    changed: set[int] = set()
    for pks in batched(sorted(set(product_ids)), BATCH):
        changed |= _refresh(pks)
    return changed


def _refresh(product_ids: list[int]) -> set[int]:
    """Refresh one batch of products; those that nobody offers show no price."""
    stored = {row.pk: row for row in ProductSummary.objects.lock(product_ids)}
    variants = dict(
        Variant.objects.filter(product__in=product_ids, is_public=True)
        .order_by()
        .values_list("pk", "product")
    )
    offers: defaultdict[int, list[Offer]] = defaultdict(list)
    for variant_id, offer in pick_offers(list(variants)).items():
        offers[variants[variant_id]].append(offer)
    fresh = [_summary(pk, offers[pk]) for pk in product_ids]
    changed = [row for row in fresh if _figures(row) != _figures(stored.get(row.pk))]
    ProductSummary.objects.bulk_create(
        changed, update_conflicts=True, update_fields=FIGURES
    )
    copy_figures(row.pk for row in changed)
    return {row.pk for row in changed}


def _summary(product_id: int, offers: list[Offer]) -> ProductSummary:
    """Sum up the offers of a product's public variants."""
    best = best_offer(offers)
    return ProductSummary(
        product_id=product_id,
        price_from=best.price if best else None,
        compare_at_price=best.compare_at_price if best else None,
        currency=settings.SHOP_CURRENCY,
        in_stock=any(offer.in_stock for offer in offers),
    )


def _figures(row: ProductSummary | None) -> tuple[object, ...] | None:
    """Return what of a summary may change, or None of none."""
    if row is None:
        return None
    return tuple(getattr(row, name) for name in FIGURES)
