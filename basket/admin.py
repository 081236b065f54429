"""Baskets in the admin: support reads them; their holders change them."""

from django.contrib import admin

from basket.models import Basket, BasketLine, BasketVoucher
from custom.admin import LedgerAdmin, LedgerInline
from staff.admin import PersonalPagesMixin


class BasketLineInline(LedgerInline):
    """What is in the basket."""

    model = BasketLine
    fields = ("variant", "offer", "quantity", "seen_price", "currency")


class BasketVoucherInline(LedgerInline):
    """Which vouchers the holder wants to use."""

    model = BasketVoucher
    fields = ("code",)


@admin.register(Basket)
class BasketAdmin(PersonalPagesMixin[Basket], LedgerAdmin[Basket]):
    """Baskets as they stand; a guest's token cannot be told from what is here."""

    list_display = ("public_id", "user", "state", "version", "created_at", "updated_at")
    list_select_related = ("user",)
    list_filter = ("state", "updated_at")
    search_fields = ("public_id", "user__email_normalized", "order")
    fields = (
        "public_id",
        "user",
        "state",
        "order",
        "version",
        "created_at",
        "updated_at",
    )
    inlines = (BasketLineInline, BasketVoucherInline)
