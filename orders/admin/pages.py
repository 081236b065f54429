"""The list of orders and the page of one."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from custom.admin import LedgerInline
from custom.buttons import ButtonsAdmin
from custom.money import format_money
from orders import services
from orders.actors import Actor, Role
from orders.admin.steps import STEPS
from orders.documents import (
    credit_note_document,
    invoice_document,
    packing_slip,
)
from orders.models import CreditNote, Order, OrderLine, Shipment
from orders.selectors import find_orders, load_money
from orders.tracking import tracking_url
from orders.wording import address_lines
from staff.admin import PersonalPagesMixin
from users.models import User

Cleaned = dict[str, Any]


class OrderLineInline(LedgerInline):
    """What was bought."""

    model = OrderLine
    currency_path = "order__currency"
    verbose_name_plural = "lines"
    fields = (
        "position",
        "sku",
        "title",
        "partner_name",
        "quantity",
        "unit_price",
        "line_total",
        "tax_amount",
        "fulfilled_quantity",
        "cancelled_quantity",
        "returned_quantity",
    )


@admin.register(Order)
class OrderAdmin(PersonalPagesMixin[Order], ButtonsAdmin[Order]):
    """Orders as they stand."""

    list_display = (
        "number",
        "customer",
        "status",
        "payment_status",
        "fulfilment_status",
        "total",
        "placed_at",
    )
    list_select_related = ("user",)
    list_filter = (
        "status",
        "payment_status",
        "fulfilment_status",
        "needs_prepayment",
        "placed_at",
    )
    date_hierarchy = "placed_at"
    search_fields = ("number",)  # shows the box; get_search_results looks
    search_help_text = "Number, SKU, or the beginning of an e-mail address."
    change_form_template = "admin/orders/order/change_form.html"
    inlines = (OrderLineInline,)
    buttons = STEPS
    fieldsets: ClassVar = (
        (
            None,
            {
                "fields": (
                    ("number", "invoice_number", "placed_at"),
                    ("customer_link", "language"),
                    ("status", "payment_status", "fulfilment_status"),
                    "note",
                )
            },
        ),
        (
            "Money",
            {
                "fields": (
                    ("subtotal", "discount_amount", "shipping_amount"),
                    ("total_amount", "included_tax", "additional_tax"),
                    ("paid_amount", "refunded_amount", "credited_amount"),
                    ("currency", "vouchers", "needs_prepayment", "expires_at"),
                )
            },
        ),
        ("Where to", {"fields": (("ships_to", "billed_to", "shipping_method"),)}),
    )
    readonly_fields = ("invoice_number", "customer_link", "ships_to", "billed_to")

    def get_urls(self) -> list[URLPattern]:
        """Add the papers."""
        papers = [
            path(
                "<path:object_id>/packing-slip.pdf",
                self.admin_site.admin_view(self.packing_slip_view),
                name="orders_order_packing_slip",
            ),
            path(
                "<path:object_id>/invoice.pdf",
                self.admin_site.admin_view(self.invoice_view),
                name="orders_order_invoice",
            ),
            path(
                "<path:object_id>/credit-note/<int:number>.pdf",
                self.admin_site.admin_view(self.credit_note_view),
                name="orders_order_credit_note",
            ),
        ]
        return [*papers, *super().get_urls()]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Order | None:
        """Load what a page and its buttons look at; a list needs none of it."""
        order = super().get_object(request, object_id, from_field)
        if order is not None:
            shipments = Shipment.objects.prefetch_related("lines__line")
            parcels = Prefetch("shipments", shipments)
            prefetch_related_objects([order], "lines", parcels, "invoice")
        return order

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Look in indexes alone."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=find_orders(search_term)), False

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponse:
        """Show the order with its money, its parcels and all that has happened."""
        obj: Order | None = kwargs.get("obj")
        if obj is not None:
            load_money(obj)
            parcels = [(each, tracking_url(each)) for each in obj.shipments.all()]
            events = obj.events.select_related("actor", "credit_note")
            events = events.order_by("-at", "-pk")
            context |= {"order": obj, "parcels": parcels, "events": events}
        return super().render_change_form(request, context, *args, **kwargs)

    def packing_slip_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return the packing slip of an order, or of its ``?shipment=``."""
        order = self._order(request, object_id)
        wanted = request.GET.get("shipment")
        shipments = {str(each.pk): each for each in order.shipments.all()}
        if wanted is not None and wanted not in shipments:
            raise Http404
        shipment = shipments[wanted] if wanted else None
        return _pdf(packing_slip(order, shipment), f"packing-slip-{order.number}")

    def invoice_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return the invoice of an order that has one."""
        order = self._order(request, object_id)
        invoice = getattr(order, "invoice", None)
        if invoice is None:
            raise Http404
        return _pdf(invoice_document(invoice), f"invoice-{invoice.number}")

    def credit_note_view(
        self, request: HttpRequest, object_id: str, number: int
    ) -> HttpResponse:
        """Return one of the credit notes of an order."""
        order = self._order(request, object_id)
        note = CreditNote.objects.filter(event__order=order, number=number).first()
        if note is None:
            raise Http404
        return _pdf(credit_note_document(note), f"credit-note-{number}")

    def press_ship(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Ship what was named, one parcel for each partner."""
        _take(services.ship_parcels, row, actor, cleaned)
        return "It is shipped."

    def press_deliver(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Note that every shipment has arrived."""
        services.deliver_everything(row.pk, actor=Actor(Role.STAFF, actor))
        return "The shipments are delivered."

    def press_cancel(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Cancel what was named of what is open."""
        _take(services.cancel_order, row, actor, cleaned)
        return "It is cancelled; money goes back in a moment."

    def press_return(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Take back what was named of what was shipped."""
        _take(services.return_lines, row, actor, cleaned)
        return "The goods are in stock again; money goes back in a moment."

    def press_credit(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Pay an amount back without goods."""
        _take(services.credit_order, row, actor, cleaned)
        return "It is credited; money goes back in a moment."

    def press_invoice(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Give the order its invoice."""
        return f"Invoice {services.issue_invoice(row.pk)} is issued."

    def press_note(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Write something down that the buyer does not see."""
        services.add_note(row.pk, cleaned["text"], actor=Actor(Role.STAFF, actor))
        return "The note is kept."

    @admin.display(ordering="user__email")
    def customer(self, order: Order) -> str:
        """Show whose order it is."""
        return order.user.email if order.user else f"{order.guest_email} (guest)"

    @admin.display(description="customer")
    def customer_link(self, order: Order) -> str:
        """Lead to the page of the customer."""
        if order.user is None:
            return self.customer(order)
        url = reverse("admin:users_user_change", args=[order.user_id])
        return format_html('<a href="{}">{}</a>', url, order.user)

    @admin.display(description="invoice")
    def invoice_number(self, order: Order) -> str:
        """Lead to the invoice, if there is one."""
        invoice = getattr(order, "invoice", None)
        if invoice is None:
            return "-"
        url = reverse("admin:orders_order_invoice", args=[order.pk])
        return format_html('<a href="{}">{} (PDF)</a>', url, invoice)

    @admin.display
    def ships_to(self, order: Order) -> SafeString:
        """Show where the goods go."""
        return _address(order.shipping_address)

    @admin.display
    def billed_to(self, order: Order) -> SafeString:
        """Show who pays."""
        return _address(order.billing_address)

    @admin.display(ordering="total_amount")
    def total(self, order: Order) -> str:
        """Show the total with its currency."""
        return f"{format_money(order.total_amount, order.currency)} {order.currency}"

    def _order(self, request: HttpRequest, object_id: str) -> Order:
        """Return an order the reader may see.

        Raises:
            Http404: There is none.
            PermissionDenied: The reader may not see orders.
        """
        order = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        if order is None:
            raise Http404
        return order


def _address(address: dict[str, str]) -> SafeString:
    lines = ((line,) for line in address_lines(address))
    return format_html_join("", "<span class=address>{}</span>", lines)


def _pdf(content: bytes, name: str) -> HttpResponse:
    """Return a document, shown in the browser's own viewer."""
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )


def _take(
    service: Callable[..., object], row: Order, actor: User, cleaned: Cleaned
) -> None:
    """Have a service take a step, if the order is as the form's page showed it."""
    values = dict(cleaned)
    version = values.pop("version")
    step = partial(service, row.pk, actor=Actor(Role.STAFF, actor), **values)
    services.run_as_seen(row.pk, version, step)
