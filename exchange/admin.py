"""The exchange's pages in the admin."""

from exchange import pages
from staff.sites import AdminPage, site

VIEW = "exchange.view_import"

for page in (
    AdminPage(
        name="exchange",
        path="exchange/",
        label="Import and export",
        section="Files",
        permission=VIEW,
        view=pages.show_exchange,
    ),
    AdminPage(
        name="exchange-import",
        path="exchange/import/<uuid:import_id>/",
        permission=VIEW,
        view=pages.show_import,
    ),
    AdminPage(
        name="exchange-errors",
        path="exchange/import/<uuid:import_id>/errors/",
        permission=VIEW,
        view=pages.download_errors,
    ),
    AdminPage(
        name="exchange-export",
        path="exchange/export/<slug:kind_name>/<slug:file_format>/",
        permission=VIEW,
        view=pages.download_rows,
    ),
):
    site.register_page(page)
