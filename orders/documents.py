"""Papers of an order as PDF, in its buyer's language.

Nothing is fetched: fonts are the machine's, styles come with the template.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from basket.totals import RateTax
from custom.figures import language_of, show_amount, show_day, show_percent
from orders.credits import CREDITING, credits_of
from orders.models import CreditNote, Invoice, Order, OrderLine, Shipment
from orders.taxes import credited_taxes, taxes_of
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
        taxes=_rates(taxes_of(order), order.currency, language),
    )


def credit_note_document(note: CreditNote) -> bytes:
    """Return what was taken back of an invoiced order at once; at most 4 queries."""
    order = note.event.order
    language = language_of(order.language)
    events = order.events.filter(type__in=CREDITING).order_by("pk")
    credits_ = list(credits_of(order, order.lines.all(), events))
    taxes = credited_taxes(order, credits_)
    place = next(at for at, each in enumerate(credits_) if each.event == note.event)
    credit = credits_[place]

    def shown(amount: Decimal) -> str:
        return show_amount(amount, order.currency, language)

    return _render(
        "orders/credit_note.html",
        order,
        note=note,
        invoice=order.invoice,
        issued=show_day(note.issued_at, language),
        reason=credit.event.detail.get("reason"),
        lines=[(line, units, shown(worth)) for line, units, worth in credit.units],
        rest=shown(credit.rest) if credit.rest else "",
        amount=shown(credit.amount),
        taxes=_rates(taxes[place], order.currency, language),
    )


def _rates(
    taxes: Iterable[RateTax], currency: str, language: str
) -> list[tuple[str, list[str]]]:
    """Return each rate with its net, tax and gross as they are read."""
    return [
        (
            "" if each.rate is None else show_percent(each.rate, language),
            [
                show_amount(amount, currency, language)
                for amount in (each.net, each.tax, each.gross)
            ],
        )
        for each in taxes
    ]


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
    from PIL import ImageFile  # noqa: PLC0415
    from weasyprint import HTML  # noqa: PLC0415
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    # That import has Pillow take broken pictures for whole ones, in all of the process.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
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
