"""What a partner's list of stock may be narrowed and sorted by."""

import django_filters

from catalogue.api.filters import TruthFilter
from custom.api.filters import CodeFilter, FilterSet, IdsFilter
from partner.models import StockRecord
from partner.querysets import StockRecordQuerySet

ORDERINGS = {
    "id": ("pk",),
    "partner_sku": ("partner_sku", "pk"),
    "num_in_stock": ("level__num_in_stock", "pk"),
    "price": ("price", "pk"),
}
CHOICES = [
    (f"{sign}{name}", f"{sign}{name}") for name in ORDERINGS for sign in ("", "-")
]


class StockFilter(FilterSet):
    """The parameters of ``GET /api/partner/stock/``."""

    id = IdsFilter(field_name="pk", lookup_expr="in")
    variant = IdsFilter(field_name="variant", lookup_expr="in")
    partner_sku = CodeFilter(max_length=64, help_text="The partner's own.")
    in_stock = TruthFilter(method="by_stock", help_text="A unit is free.")
    low_stock = TruthFilter(
        method="by_threshold", help_text="At or below `low_stock_threshold`."
    )
    backorder = TruthFilter(
        field_name="level__backorder", help_text="Sold beyond what is in stock."
    )
    ordering = django_filters.ChoiceFilter(
        choices=CHOICES, method="sort", help_text="Default: `id`."
    )

    class Meta:
        model = StockRecord
        fields = ("id",)

    def by_stock(
        self,
        rows: StockRecordQuerySet,
        name: str,
        wanted: bool,  # noqa: FBT001
    ) -> StockRecordQuerySet:
        """Keep records with a free unit, or without."""
        free = StockRecord.objects.with_free_units()
        return rows & free if wanted else rows.exclude(pk__in=free.values("pk"))

    def by_threshold(
        self,
        rows: StockRecordQuerySet,
        name: str,
        wanted: bool,  # noqa: FBT001
    ) -> StockRecordQuerySet:
        """Keep records that are low, or that are not."""
        low = StockRecord.objects.low()
        return rows & low if wanted else rows.exclude(pk__in=low.values("pk"))

    def sort(
        self, rows: StockRecordQuerySet, name: str, ordering: str
    ) -> StockRecordQuerySet:
        """Sort, equals by id."""
        sorted_rows = rows.order_by(*ORDERINGS[ordering.removeprefix("-")])
        return sorted_rows.reverse() if ordering.startswith("-") else sorted_rows
