"""Reads of stock that no single queryset answers."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from custom.limits.overrides import Override
from custom.rates import Rate
from partner.models import PartnerRate, StockLevel, StockMovement
from partner.querysets import StockLevelQuerySet

Claims = Callable[[Collection[int] | None], Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A level that is not the sum of its movements."""

    stock_record_id: int
    num_in_stock: int
    num_allocated: int
    moved_in_stock: int
    moved_allocated: int


def find_discrepancies() -> list[Discrepancy]:
    """Return every level that is not the sum of its movements; 1 query."""
    levels = _with_sums(StockLevel.objects.all()).exclude(
        num_in_stock=F("moved_in_stock"), num_allocated=F("moved_allocated")
    )
    return [
        Discrepancy(*row)
        for row in levels.order_by("pk").values_list(
            "pk", "num_in_stock", "num_allocated", "moved_in_stock", "moved_allocated"
        )
    ]


def ledger_sums(pks: Collection[int]) -> dict[int, tuple[int, int]]:
    """Return what movements say is in stock and promised of levels; 1 query."""
    levels = _with_sums(StockLevel.objects.filter(pk__in=pks))
    rows = levels.values_list("pk", "moved_in_stock", "moved_allocated")
    return {pk: (in_stock, allocated) for pk, in_stock, allocated in rows}


def claimed_units(pks: Collection[int] | None = None) -> Counter[int]:
    """Return the units that somebody waits for, by stock record.

    Args:
        pks: Only of these records; None for all.
    """
    claimed: Counter[int] = Counter()
    for path in settings.STOCK_CLAIMS:
        claims: Claims = import_string(path)
        claimed.update(claims(pks))
    return claimed


def _with_sums(levels: StockLevelQuerySet) -> Any:  # noqa: ANN401
    """Add the sums of each level's movements, which the type would hide."""
    movements = (
        StockMovement.objects.filter(stock_record=OuterRef("pk"))
        .order_by()
        .values("stock_record")
    )
    in_stock = movements.annotate(total=Sum("in_stock_delta")).values("total")
    allocated = movements.annotate(total=Sum("allocated_delta")).values("total")
    return levels.annotate(
        moved_in_stock=Coalesce(Subquery(in_stock), 0),
        moved_allocated=Coalesce(Subquery(allocated), 0),
    )


def partner_rates() -> Iterable[Override]:
    """Return the rates of partners' people, the most generous first; 1 query."""
    rows = (
        PartnerRate.objects.filter(partner__is_active=True)
        .exclude(partner__members__user=None)
        .values_list("partner__members__user_id", "scope", "requests", "period")
    )
    ranked = sorted(rows, key=lambda row: row[2] / row[3], reverse=True)
    return [
        (user_id, scope, Rate(requests, period))
        for user_id, scope, requests, period in ranked
    ]
