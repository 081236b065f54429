"""What open orders wait for; named in ``STOCK_CLAIMS``."""

from collections.abc import Collection

from django.db.models import F, Q, Sum

from orders.models import OrderLine


def open_units(stock_record_ids: Collection[int] | None = None) -> dict[int, int]:
    """Return the units still to be shipped, by stock record; 1 query.

    Args:
        stock_record_ids: Only of these; None for all.
    """
    is_open = Q(quantity__gt=F("fulfilled_quantity") + F("cancelled_quantity"))
    lines = OrderLine.objects.filter(is_open)
    if stock_record_ids is not None:
        lines = lines.filter(stock_record_id__in=stock_record_ids)
    units = Sum(F("quantity") - F("fulfilled_quantity") - F("cancelled_quantity"))
    rows = lines.order_by().values_list("stock_record_id")
    return dict(rows.annotate(units=units))
