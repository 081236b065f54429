"""What open orders wait for; named in ``STOCK_CLAIMS``."""

from collections.abc import Collection

from django.db.models import F, Sum

from orders.models import OrderLine


def open_units(stock_record_ids: Collection[int] | None = None) -> dict[int, int]:
    """Return the units still to be shipped, by stock record; 1 query.

    Args:
        stock_record_ids: Only of these; None for all.
    """
    lines = OrderLine.objects.filter(quantity__gt=F("fulfilled_quantity"))
    if stock_record_ids is not None:
        lines = lines.filter(stock_record_id__in=stock_record_ids)
    open_quantity = Sum(F("quantity") - F("fulfilled_quantity"))
    rows = lines.order_by().values_list("stock_record_id")
    return dict(rows.annotate(open_quantity=open_quantity))
