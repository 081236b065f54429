"""Papers of an order as PDF, in its buyer's language: packing slip and invoice.

Nothing is fetched: fonts are the machine's, styles come with the template.
"""

from collections.abc import Iterator

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from custom.figures import language_of, show_amount, show_day
from orders.models import Invoice, Order, OrderLine, Shipment
from orders.wording import address_lines, sums_of


def packing_slip(order: Order, shipment: Shipment | None = None) -> bytes:
    """Return what lies in a parcel, without prices; at most 2 queries.

    Args:
        order: Any.
        shipment: One of it; None for all units that were not given up.
    """
    if shipment is None:
        units = {line.pk: line.kept_quantity for line in order.lines.all()}
    else:
        units = {each.line_id: each.quantity for each in shipment.lines.all()}
    lines = [(line, units[line.pk]) for line in order.lines.all() if units.get(line.pk)]
    return _render("orders/packing_slip.html", order, lines=lines, shipment=shipment)


def invoice_document(invoice: Invoice) -> bytes:
    """Return an order's invoice: the order as it was placed; at most 2 queries."""
    order = invoice.order
    language = language_of(order.language)
    return _render(
        "orders/invoice.html",
        order,
        invoice=invoice,
        issued=show_day(invoice.issued_at, language),
        lines=list(_charged(order, language)),
    )


def _charged(order: Order, language: str) -> Iterator[tuple[OrderLine, str, str, str]]:
    """Return each line with its unit price, tax and total as they are read."""
    for line in order.lines.all():
        amounts = (line.unit_price, line.tax_amount, line.line_total)
        price, tax, total = (
            show_amount(amount, order.currency, language) for amount in amounts
        )
        yield line, price, tax, total


def _render(template: str, order: Order, **facts: object) -> bytes:
    """Lay one document out, on as many pages as it takes."""
    # Takes as long to import as the rest of the shop together.
    from weasyprint import HTML  # noqa: PLC0415
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    language = language_of(order.language)
    with translation.override(language):
        context = {
            "order": order,
            "language": language,
            "shop": settings.SHOP_NAME,
            "seller": settings.SHOP_SELLER,
            "day": show_day(order.placed_at, language),
            "sums": list(sums_of(order, language)),
            "billing": address_lines(order.billing_address),
            "shipping": address_lines(order.shipping_address),
        } | facts
        markup = render_to_string(template, context)
        fetcher = URLFetcher(allowed_protocols=())
        pdf: bytes = HTML(string=markup, url_fetcher=fetcher).write_pdf()
    return pdf
