"""The stats' pages in the admin; all figures come from summaries."""

from staff.sites import AdminPage, site
from stats import pages

PERMISSION = "stats.view_salesday"
SECTION = "Stats"

for page in (
    AdminPage(
        name="stats-sales",
        path="stats/sales/",
        label="Sales",
        section=SECTION,
        permission=PERMISSION,
        view=pages.show_sales,
    ),
    AdminPage(
        name="stats-sellers",
        path="stats/sellers/",
        label="Best and slowest sellers",
        section=SECTION,
        permission=PERMISSION,
        view=pages.show_sellers,
    ),
    AdminPage(
        name="stats-stock",
        path="stats/stock/",
        label="Stock about to run out",
        section=SECTION,
        permission=PERMISSION,
        view=pages.show_stock,
    ),
    AdminPage(
        name="stats-json",
        path="stats/<slug:page>.json",
        permission=PERMISSION,
        view=pages.download_json,
    ),
    AdminPage(
        name="stats-csv",
        path="stats/<slug:page>/<slug:name>.csv",
        permission=PERMISSION,
        view=pages.download_csv,
    ),
):
    site.register_page(page)
