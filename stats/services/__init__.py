"""How summaries are kept: mark days, count marked days, count all of them.

A day is never added to, always counted anew from its ledgers, so repeating is harmless
and no order of events matters. See docs/decisions/0041-summaries.md.
"""

from stats.services.counting import (
    count_open_baskets,
    keep_basket_counts,
    rebuild,
    refresh,
)
from stats.services.marking import mark_orders, mark_refunds
from stats.services.verifying import Drift, find_drift

__all__ = [
    "Drift",
    "count_open_baskets",
    "find_drift",
    "keep_basket_counts",
    "mark_orders",
    "mark_refunds",
    "rebuild",
    "refresh",
]
