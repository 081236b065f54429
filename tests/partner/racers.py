"""What the processes of a race do."""

from partner.services import take_stock


def sell(stock_records: list[int], source: str) -> int:
    """Promise one unit of each stock record, in a transaction of its own."""
    for pk in stock_records:
        take_stock({pk: 1}, source=source)
    return len(stock_records)
