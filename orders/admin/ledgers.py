"""What has happened to orders, and what was bought of whom."""

from django.contrib import admin

from custom.admin import LedgerAdmin
from orders.models import OrderEvent, OrderLine
from partner.scoping import PartnerRowsMixin
from staff.admin import PersonalPagesMixin


@admin.register(OrderEvent)
class OrderEventAdmin(PersonalPagesMixin[OrderEvent], LedgerAdmin[OrderEvent]):
    """Everything that has happened to any order."""

    list_display = ("at", "order", "type", "from_status", "to_status", "actor")
    list_select_related = ("order", "actor")
    list_filter = ("type",)
    search_fields = ("order__number",)
    ordering = ("-id",)


@admin.register(OrderLine)
class OrderLineAdmin(PartnerRowsMixin[OrderLine], LedgerAdmin[OrderLine]):
    """What was bought of whom; nothing of the buyer."""

    partner_path = "partner_id"
    list_display = (
        "order",
        "sku",
        "title",
        "partner_name",
        "quantity",
        "fulfilled_quantity",
        "cancelled_quantity",
        "returned_quantity",
    )
    list_select_related = ("order",)
    list_filter = ("order__status", "order__placed_at")
    search_fields = ("order__number", "sku")
    ordering = ("-order_id", "position")
