"""Reads of stock that no single queryset answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from custom.rates import Rate
from custom.throttling.overrides import Override
from partner.models import PartnerRate, StockLevel, StockMovement


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
    movements = (
        StockMovement.objects.filter(stock_record=OuterRef("pk"))
        .order_by()
        .values("stock_record")
    )
    in_stock = movements.annotate(total=Sum("in_stock_delta")).values("total")
    allocated = movements.annotate(total=Sum("allocated_delta")).values("total")
    levels = StockLevel.objects.annotate(
        moved_in_stock=Coalesce(Subquery(in_stock), 0),
        moved_allocated=Coalesce(Subquery(allocated), 0),
    ).exclude(num_in_stock=F("moved_in_stock"), num_allocated=F("moved_allocated"))
    return [
        Discrepancy(*row)
        for row in levels.order_by("pk").values_list(
            "pk", "num_in_stock", "num_allocated", "moved_in_stock", "moved_allocated"
        )
    ]


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
