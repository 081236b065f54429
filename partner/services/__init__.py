"""Every write to partners, their offers and their stock."""

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

__all__ = [
    "NewMovement",
    "NewStockRecord",
    "add_member",
    "adjust_stock",
    "check_prices",
    "create_partner",
    "create_stock_record",
    "create_stock_records",
    "record_movements",
    "refresh_summaries",
    "release_stock",
    "return_stock",
    "ship_stock",
    "take_stock",
    "update_partner",
    "update_stock_record",
]
