"""Every write to baskets; each locks the basket's row first."""

from basket.services.closing import close_basket, purge_baskets
from basket.services.importing import HistoricBasket, import_baskets
from basket.services.lines import (
    Addition,
    add_line,
    change_line,
    clear_basket,
    remove_line,
)
from basket.services.merging import merge_baskets
from basket.services.vouchers import add_voucher, remove_voucher

__all__ = [
    "Addition",
    "HistoricBasket",
    "add_line",
    "add_voucher",
    "change_line",
    "clear_basket",
    "close_basket",
    "import_baskets",
    "merge_baskets",
    "purge_baskets",
    "remove_line",
    "remove_voucher",
]
