"""What each page shows, as sheets: the same for people, CSV and JSON."""

from stats.reports.offers import sellers_report, stock_report
from stats.reports.sales import sales_report

__all__ = ["sales_report", "sellers_report", "stock_report"]
