"""Vouchers and their uses in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from custom.admin import LedgerAdmin, ShopAdmin
from custom.fields import CodeFormField
from custom.forms import MoneyForm
from custom.money import format_money
from promotions.codes import normalize_code
from promotions.models import CODE_LENGTH, Voucher, VoucherRedemption
from promotions.querysets import VoucherQuerySet
from promotions.services import save_voucher


class VoucherForm(MoneyForm[Voucher]):
    """A voucher; its code may be typed as buyers type it."""

    money_fields = ("amount", "minimum_subtotal")
    code = CodeFormField(max_length=CODE_LENGTH)

    class Meta:
        model = Voucher
        fields = (
            "code",
            "name",
            "kind",
            "percent",
            "amount",
            "minimum_subtotal",
            "currency",
            "starts_at",
            "ends_at",
            "max_uses",
            "max_uses_per_customer",
            "is_exclusive",
            "is_active",
        )

    def clean_code(self) -> str:
        """Store what buyers' typing is compared with."""
        return normalize_code(self.cleaned_data["code"])


@admin.register(Voucher)
class VoucherAdmin(ShopAdmin[Voucher]):
    """What codes take off, and how often they were used."""

    form = VoucherForm
    list_display = ("code", "name", "kind", "worth", "used", "ends_at", "is_active")
    list_filter = ("kind", "is_active", "is_exclusive")
    search_fields = ("code", "name")
    readonly_fields = ("used",)

    def get_queryset(self, request: HttpRequest) -> VoucherQuerySet:
        """Read the counters in the list's one query."""
        return Voucher.objects.with_uses()

    def has_delete_permission(
        self, request: HttpRequest, obj: Voucher | None = None
    ) -> bool:
        """Refuse: orders were given it; switch it off instead."""
        return False

    @admin.display(description="takes off")
    def worth(self, voucher: Voucher) -> str:
        """Show the percentage or the amount."""
        if voucher.percent is not None:
            return f"{voucher.percent.normalize():f} %"
        if voucher.amount is not None:
            amount = format_money(voucher.amount, voucher.currency)
            return f"{amount} {voucher.currency}"
        return "the shipping"

    @admin.display(ordering="num_used")
    def used(self, voucher: Voucher) -> str:
        """Show the uses taken, and how many there are."""
        taken = getattr(voucher, "num_used", None) or 0
        return f"{taken} of {voucher.max_uses}" if voucher.max_uses else str(taken)

    def save_model(
        self, request: HttpRequest, obj: Voucher, form: Any, change: bool
    ) -> None:
        """Let the service store it: a new voucher needs its counter."""
        save_voucher(obj)


@admin.register(VoucherRedemption)
class VoucherRedemptionAdmin(LedgerAdmin[VoucherRedemption]):
    """Each use of a voucher."""

    currency_path = "voucher__currency"
    list_display = (
        "created_at",
        "voucher",
        "order",
        "customer",
        "amount",
        "given_back_at",
    )
    list_select_related = ("voucher",)
    search_fields = ("voucher__code", "order")
