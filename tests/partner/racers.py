"""What the processes of a race do."""

from typing import Any

from django.test import override_settings

from partner.models import Partner
from partner.services import (
    StockChange,
    StockRow,
    take_stock,
    write_stock_record,
    write_stock_rows,
)


def sell(stock_records: list[int], source: str) -> int:
    """Promise one unit of each stock record, in a transaction of its own."""
    for pk in stock_records:
        take_stock({pk: 1}, source=source)
    return len(stock_records)


@override_settings(OUTBOX_HANDLERS={"stock.low": "custom.outbox.consume"})
def sell_many(stock_record: int, times: int, seller: int) -> int:
    """Promise one unit of a stock record again and again."""
    for number in range(times):
        take_stock({stock_record: 1}, source=f"order:{seller}:{number}")
    return times


def count(stock_record: int, num_in_stock: int, expected: int) -> int:
    """Set a count that holds only if the former one is as expected."""
    change = StockChange(num_in_stock=num_in_stock)
    source = f"count:{num_in_stock}"
    write_stock_record(stock_record, change, expected=expected, source=source)
    return num_in_stock


def write_rows(partner: int, rows: list[dict[str, int]], source: str) -> list[str]:
    """Write rows in bulk; return their outcomes."""
    results = write_stock_rows(
        Partner.objects.get(pk=partner),
        {place: StockRow(**row) for place, row in enumerate(rows)},
        source=source,
    )
    return [result.outcome for result in results.values()]


def act(name: str, **arguments: Any) -> object:  # noqa: ANN401
    """Do one of the above, so that one race mixes them."""
    return {"write_rows": write_rows, "sell_many": sell_many}[name](**arguments)
