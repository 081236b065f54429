"""The ledger of money as finance reads it, with the steps they may take."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from custom.admin import LedgerAdmin, LedgerInline
from custom.buttons import Button, ButtonsAdmin, RowForm
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from orders.models import Order
from payments import services
from payments.models import Payment, PaymentEvent, Refund
from payments.providers import registry
from staff.admin import PersonalPagesMixin
from users.models import User

MOVE_MONEY = "payments.move_money"
SHORT = 8  # digits of an id that people read
Cleaned = Mapping[str, Any]
Status = Payment.Status


class AmountForm(forms.Form):
    """How much; everything that is left if not said."""

    amount = forms.DecimalField(
        required=False,
        max_digits=MONEY_MAX_DIGITS,
        decimal_places=MONEY_DECIMAL_PLACES,
        min_value=Decimal("0.001"),
        help_text="All of it if left empty.",
    )


class ReceiptForm(AmountForm, RowForm):
    """What came in, beside what the page showed, lest it is sent twice."""

    seen = forms.DecimalField(widget=forms.HiddenInput)
    note = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.row.captured_amount


class RepaymentForm(forms.Form):
    """How a refund was paid out."""

    note = forms.CharField(required=False, max_length=200)


def end_of(public_id: UUID) -> str:
    """Return the end of an id, which is drawn at random: enough to tell a few apart."""
    return public_id.hex[-SHORT:]


def short_name_of(payment: Payment) -> str:
    """Return what people can say of a payment: ``stripe 3f9a01c2``."""
    return f"{payment.provider} {end_of(payment.public_id)}"


def link_to_payment(payment: Payment) -> str:
    """Lead to a payment by its short name."""
    url = reverse("admin:payments_payment_change", args=[payment.pk])
    return format_html('<a href="{}">{}</a>', url, short_name_of(payment))


def _is_manual(payment: Payment) -> bool:
    return registry.provider(payment.provider).is_manual


class PaymentEventInline(LedgerInline):
    """What has happened to a payment."""

    model = PaymentEvent
    currency_path = "payment__currency"
    fields = (
        "at",
        "type",
        "captured_delta",
        "refunding_delta",
        "refunded_delta",
        "error",
        "provider_event_id",
        "actor",
        "note",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Load who it was in the same query."""
        return super().get_queryset(request).select_related("actor")


class RefundInline(LedgerInline):
    """What goes back."""

    model = Refund
    fields = ("created_at", "amount", "currency", "status", "reason", "error")
    readonly_fields = fields
    show_change_link = True


@admin.register(Payment)
class PaymentAdmin(ButtonsAdmin[Payment]):
    """Payments as they stand; buttons call the services."""

    list_display = (
        "short_name",
        "order_number",
        "status",
        "amount",
        "captured_amount",
        "refunded_amount",
        "currency",
        "created_at",
    )
    list_filter = ("status",)
    search_fields = ("public_id", "order", "reference", "provider")
    inlines = (PaymentEventInline, RefundInline)
    buttons: ClassVar[tuple[Button[Any], ...]] = (
        Button(
            name="receive",
            label="Note money that came in",
            permission=MOVE_MONEY,
            is_lawful=lambda row: _is_manual(row) and row.captured_amount < row.amount,
            form=ReceiptForm,
        ),
        Button(
            name="capture",
            label="Capture",
            permission=MOVE_MONEY,
            is_lawful=lambda row: row.is_wanted and row.status == Status.AUTHORIZED,
            form=AmountForm,
        ),
        Button(
            name="cancel",
            label="Cancel",
            permission=MOVE_MONEY,
            is_lawful=lambda row: (
                row.is_wanted and not row.captured_amount and row.status != Status.PAID
            ),
        ),
        Button(
            name="ask",
            label="Ask the provider",
            permission=MOVE_MONEY,
            is_lawful=lambda row: bool(row.reference) and not _is_manual(row),
            is_sql=False,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """Load the orders' numbers in the list's one query."""
        orders = Order.objects.filter(public_id=OuterRef("order"))
        number = Subquery(orders.values("number")[:1])
        key = Subquery(orders.values("pk")[:1])
        return super().get_queryset(request).annotate(order_no=number, order_key=key)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Payment], search_term: str
    ) -> tuple[QuerySet[Payment], bool]:
        """Find payments by the number of their order as well."""
        if term := search_term.strip():
            orders = Order.objects.filter(number=term)
            if keys := list(orders.values_list("public_id", flat=True)):
                return queryset.filter(order__in=keys), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="payment", ordering="-id")
    def short_name(self, payment: Payment) -> str:
        """Tell payments of one provider apart by the end of their ids."""
        return short_name_of(payment)

    @admin.display(description="order")
    def order_number(self, payment: Any) -> str:
        """Lead to the order; one that was imported elsewhere is a number alone."""
        if payment.order_key is None:
            return "-"
        url = reverse("admin:orders_order_change", args=[payment.order_key])
        return format_html('<a href="{}">{}</a>', url, payment.order_no)

    def press_receive(self, row: Payment, actor: User, cleaned: Cleaned) -> str:
        """Note what came in by transfer or in cash."""
        services.record_receipt(row.public_id, actor=actor, **cleaned)
        return "The money is noted."

    def press_capture(self, row: Payment, actor: User, cleaned: Cleaned) -> str:
        """Have what is reserved taken."""
        services.capture_payments(row.order, amount=cleaned["amount"])
        return "The money will be captured in a moment."

    def press_cancel(self, row: Payment, actor: User, cleaned: Cleaned) -> str:
        """Stop waiting for the money."""
        services.cancel_payment(row.public_id, actor=actor)
        return "The payment is cancelled; what is reserved will be let go in a moment."

    def press_ask(self, row: Payment, actor: User, cleaned: Cleaned) -> str:
        """Take over what the provider says now."""
        now = services.check_payment(row.public_id)
        return f"The provider was asked; the payment is {now.get_status_display()}."


@admin.register(Refund)
class RefundAdmin(ButtonsAdmin[Refund]):
    """Money on its way back."""

    list_display = (
        "short_name",
        "of_payment",
        "amount",
        "currency",
        "status",
        "reason",
        "created_at",
    )
    list_select_related = ("payment",)
    list_filter = ("status",)
    search_fields = ("public_id", "payment__public_id", "payment__order", "reference")
    buttons: ClassVar[tuple[Button[Any], ...]] = (
        Button(
            name="repay",
            label="Note as paid out",
            permission=MOVE_MONEY,
            is_lawful=lambda row: (
                row.status == Refund.Status.PENDING and _is_manual(row.payment)
            ),
            form=RepaymentForm,
        ),
        Button(
            name="repeat",
            label="Pay back again",
            permission=MOVE_MONEY,
            is_lawful=lambda row: row.status == Refund.Status.FAILED,
        ),
    )

    @admin.display(description="refund", ordering="-id")
    def short_name(self, refund: Refund) -> str:
        """Tell refunds apart by the end of their ids."""
        return f"refund {end_of(refund.public_id)}"

    @admin.display(description="payment")
    def of_payment(self, refund: Refund) -> str:
        """Lead to the payment it is of."""
        return link_to_payment(refund.payment)

    def press_repay(self, row: Refund, actor: User, cleaned: Cleaned) -> str:
        """Note what was paid out by hand."""
        services.record_repayment(row.public_id, actor=actor, note=cleaned["note"])
        return "The refund is noted as paid out."

    def press_repeat(self, row: Refund, actor: User, cleaned: Cleaned) -> str:
        """Try once more what failed."""
        services.repeat_refund(row.public_id, actor=actor)
        return "The money will be paid back in a moment."


@admin.register(PaymentEvent)
class PaymentEventAdmin(PersonalPagesMixin[PaymentEvent], LedgerAdmin[PaymentEvent]):
    """The ledger itself."""

    currency_path = "payment__currency"
    list_display = (
        "at",
        "of_payment",
        "type",
        "captured_delta",
        "refunding_delta",
        "refunded_delta",
        "actor",
    )
    list_select_related = ("payment", "actor")
    list_filter = ("type",)
    search_fields = ("payment__public_id", "payment__order", "provider_event_id")

    @admin.display(description="payment")
    def of_payment(self, event: PaymentEvent) -> str:
        """Lead to the payment it is of."""
        return link_to_payment(event.payment)
