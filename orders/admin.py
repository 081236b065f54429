"""Orders in the admin: read widely; they change by services only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from custom.admin import LedgerAdmin, LedgerInline
from custom.money import format_money
from orders.models import Order, OrderEvent, OrderLine


class OrderLineInline(LedgerInline):
    """What was bought."""

    model = OrderLine
    fields = (
        "position",
        "sku",
        "title",
        "partner_name",
        "quantity",
        "unit_price",
        "line_total",
        "tax_amount",
    )


class OrderEventInline(LedgerInline):
    """What has happened."""

    model = OrderEvent
    fields = ("at", "type", "from_status", "to_status", "actor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Load who did it in the same query."""
        return super().get_queryset(request).select_related("actor")


@admin.register(Order)
class OrderAdmin(LedgerAdmin[Order]):
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
    list_filter = ("status", "payment_status", "fulfilment_status", "placed_at")
    search_fields = ("number", "user__email_normalized", "guest_email", "lines__sku")
    search_help_text = "Number, e-mail address or SKU."
    inlines = (OrderLineInline, OrderEventInline)

    @admin.display(ordering="user__email")
    def customer(self, order: Order) -> str:
        """Show whose order it is."""
        return order.user.email if order.user else f"{order.guest_email} (guest)"

    @admin.display(ordering="total_amount")
    def total(self, order: Order) -> str:
        """Show the total with its currency."""
        return f"{format_money(order.total_amount, order.currency)} {order.currency}"


@admin.register(OrderEvent)
class OrderEventAdmin(LedgerAdmin[OrderEvent]):
    """Everything that has happened to any order."""

    list_display = ("at", "order", "type", "from_status", "to_status", "actor")
    list_select_related = ("order", "actor")
    list_filter = ("type",)
    search_fields = ("order__number",)
    ordering = ("-id",)
