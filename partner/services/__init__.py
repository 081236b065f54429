"""Every write to partners, their offers and their stock."""

from partner.services.bulk import (
    RowResult,
    StockRow,
    purge_imports,
    write_stock_rows,
)
from partner.services.counts import NewMovement, adjust_stock, record_movements
from partner.services.offers import (
    NewStockRecord,
    check_prices,
    create_stock_record,
    create_stock_records,
    update_stock_record,
)
from partner.services.partners import add_member, create_partner, update_partner
from partner.services.stock import (
    release_stock,
    return_stock,
    ship_stock,
    take_stock,
)
from partner.services.summaries import refresh_summaries
from partner.services.verification import Finding, verify_stock
from partner.services.writes import StockChange, stock_state, write_stock_record

__all__ = [
    "Finding",
    "NewMovement",
    "NewStockRecord",
    "RowResult",
    "StockChange",
    "StockRow",
    "add_member",
    "adjust_stock",
    "check_prices",
    "create_partner",
    "create_stock_record",
    "create_stock_records",
    "purge_imports",
    "record_movements",
    "refresh_summaries",
    "release_stock",
    "return_stock",
    "ship_stock",
    "stock_state",
    "take_stock",
    "update_partner",
    "update_stock_record",
    "verify_stock",
    "write_stock_record",
    "write_stock_rows",
]
