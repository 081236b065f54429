"""Orders in the admin: read widely; buttons call the services that change them."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from custom.admin import LedgerAdmin, LedgerInline
from custom.buttons import Button, ButtonsAdmin
from custom.money import format_money
from orders import services
from orders.actors import Actor, Role
from orders.models import Order, OrderEvent, OrderLine, Shipment
from orders.transitions import allowed_actions
from partner.scoping import PartnerRowsMixin
from staff.admin import PersonalPagesMixin
from users.models import User

CHANGE = "orders.change_order"
Cleaned = dict[str, Any]


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(
        max_length=500, required=False, help_text="Shown to the buyer."
    )


class TrackingForm(forms.Form):
    """Where a parcel can be followed."""

    carrier = forms.CharField(max_length=32, required=False)
    tracking_number = forms.CharField(max_length=100, required=False)


class NoteForm(forms.Form):
    """Something to remember."""

    text = forms.CharField(max_length=2_000, help_text="Never shown to the buyer.")


def _allows(action: str) -> Callable[[Order], bool]:
    """Return what tells whether staff may do this to an order now."""
    return lambda order: action in allowed_actions(order, Role.STAFF)


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
        "fulfilled_quantity",
        "cancelled_quantity",
        "returned_quantity",
    )


class ShipmentInline(LedgerInline):
    """What is under way or has arrived."""

    model = Shipment
    fields = (
        "partner_id",
        "carrier",
        "tracking_number",
        "shipped_at",
        "delivered_at",
    )


class OrderEventInline(LedgerInline):
    """What has happened."""

    model = OrderEvent
    fields = ("at", "type", "from_status", "to_status", "role", "actor", "detail")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Load who did it in the same query."""
        return super().get_queryset(request).select_related("actor")


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
    list_filter = ("status", "payment_status", "fulfilment_status", "placed_at")
    search_fields = ("number", "user__email_normalized", "guest_email", "lines__sku")
    search_help_text = "Number, e-mail address or SKU."
    inlines = (OrderLineInline, ShipmentInline, OrderEventInline)

    buttons: ClassVar[tuple[Button[Any], ...]] = (
        Button(
            name="ship",
            label="Ship all that is open",
            permission=CHANGE,
            is_lawful=_allows("ship"),
            form=TrackingForm,
        ),
        Button(
            name="deliver",
            label="All shipments have arrived",
            permission=CHANGE,
            is_lawful=_allows("deliver"),
        ),
        Button(
            name="cancel",
            label="Cancel all that is not shipped",
            permission=CHANGE,
            is_lawful=_allows("cancel"),
            form=ReasonForm,
        ),
        Button(
            name="return",
            label="Take all shipped units back",
            permission=CHANGE,
            is_lawful=_allows("return"),
            form=ReasonForm,
        ),
        Button(
            name="note",
            label="Add a private note",
            permission=CHANGE,
            is_lawful=lambda _order: True,
            form=NoteForm,
        ),
    )

    def press_ship(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Ship what is open, one parcel for each partner."""
        services.ship_everything(row.pk, actor=Actor(Role.STAFF, actor), **cleaned)
        return "All of it is shipped."

    def press_deliver(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Note that every shipment has arrived."""
        services.deliver_everything(row.pk, actor=Actor(Role.STAFF, actor))
        return "The shipments are delivered."

    def press_cancel(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Cancel what is open."""
        services.cancel_order(row.pk, actor=Actor(Role.STAFF, actor), **cleaned)
        return "What was open is cancelled; money goes back in a moment."

    def press_return(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Take back what was shipped."""
        services.return_lines(row.pk, actor=Actor(Role.STAFF, actor), **cleaned)
        return "The goods are in stock again; money goes back in a moment."

    def press_note(self, row: Order, actor: User, cleaned: Cleaned) -> str:
        """Write something down that the buyer does not see."""
        services.add_note(row.pk, cleaned["text"], actor=Actor(Role.STAFF, actor))
        return "The note is kept."

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
