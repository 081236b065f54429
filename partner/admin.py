"""Partners, their offers, and the ledger of their stock in the admin."""

import uuid
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from custom.admin import LedgerAdmin, ShopAdmin
from custom.buttons import Button, ButtonsAdmin, RowForm
from custom.forms import MoneyForm
from partner import services
from partner.errors import PriceError
from partner.models import (
    Partner,
    PartnerMember,
    PartnerRate,
    StockLevel,
    StockMovement,
    StockPrice,
    StockRecord,
)
from partner.scoping import SEE_EVERY_PARTNER, PartnerRowsMixin
from partner.services.offers import check_prices
from staff.admin import PersonalPagesMixin
from users.models import User

Reason = StockMovement.Reason


class PartnerMemberInline(admin.TabularInline[PartnerMember, Partner]):
    """Who works for the partner."""

    model = PartnerMember
    extra = 0
    autocomplete_fields = ("user",)


class PartnerRateInline(admin.TabularInline[PartnerRate, Partner]):
    """Rate limits of the partner's people, each by themselves."""

    model = PartnerRate
    extra = 0


@admin.register(Partner)
class PartnerAdmin(PartnerRowsMixin[Partner], ShopAdmin[Partner]):
    """Who sells and ships."""

    partner_path = "pk"
    list_display = ("name", "code", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "code")
    inlines = (PartnerMemberInline, PartnerRateInline)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Partner | None = None
    ) -> tuple[str, ...]:
        """Keep the code once others may know the partner by it."""
        return ("code",) if obj else ()

    def save_model(
        self, request: HttpRequest, obj: Partner, form: Any, change: bool
    ) -> None:
        """Let the service decide what else changes with a partner."""
        if change:
            services.update_partner(obj.pk, name=obj.name, is_active=obj.is_active)
        else:
            made = services.create_partner(
                code=obj.code, name=obj.name, is_active=obj.is_active
            )
            obj.pk = made.pk


class StockRecordForm(MoneyForm[StockRecord]):
    """An offer; the first count of its units is asked for once."""

    money_fields = ("price", "compare_at_price")
    num_in_stock = forms.IntegerField(
        label="Units in stock", min_value=0, initial=0, required=False
    )
    backorder = forms.BooleanField(label="Sold beyond what is in stock", required=False)

    class Meta:
        model = StockRecord
        fields = (
            "variant",
            "partner",
            "partner_sku",
            "price",
            "compare_at_price",
            "currency",
            "low_stock_threshold",
        )

    def clean(self) -> dict[str, Any]:
        """Refuse prices the service would refuse, beside their field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        currency = values.get("currency") or self.instance.currency
        if currency and values.get("price") is not None:
            try:
                check_prices(values["price"], values.get("compare_at_price"), currency)
            except (PriceError, ValueError) as error:
                raise ValidationError({"price": str(error)}) from error
        return values


@admin.register(StockRecord)
class StockRecordAdmin(PartnerRowsMixin[StockRecord], ShopAdmin[StockRecord]):
    """What partners ask for variants, and what is left of them."""

    form = StockRecordForm
    list_display = (
        "partner_sku",
        "variant",
        "partner",
        "price",
        "currency",
        "in_stock",
        "free",
    )
    list_filter = ("currency", "level__backorder")
    search_fields = ("partner_sku", "variant__sku", "partner__name")
    autocomplete_fields = ("variant", "partner")
    once: ClassVar[tuple[str, ...]] = ("variant", "partner", "currency")

    def get_readonly_fields(
        self, request: HttpRequest, obj: StockRecord | None = None
    ) -> tuple[str, ...]:
        """Keep what the ledger of an offer rests on."""
        return (*self.once, "in_stock", "free") if obj else ()

    def get_fields(
        self, request: HttpRequest, obj: StockRecord | None = None
    ) -> tuple[str, ...]:
        """Ask for the first count only when an offer is made."""
        counts = ("in_stock", "free") if obj else ("num_in_stock", "backorder")
        return (*StockRecordForm.Meta.fields, *counts)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockRecord]:
        """Load what lists and pages show in the same query."""
        found = super().get_queryset(request)
        return found.select_related("variant", "partner", "level")

    def has_delete_permission(
        self, request: HttpRequest, obj: StockRecord | None = None
    ) -> bool:
        """Refuse: movements and orders tell of the record."""
        return False

    @admin.display(ordering="level__num_in_stock")
    def in_stock(self, record: StockRecord) -> int:
        """Show the units there are, promised ones included."""
        return record.level.num_in_stock

    @admin.display(description="free")
    def free(self, record: StockRecord) -> int:
        """Show the units that are not promised."""
        return record.level.num_free

    def save_model(
        self, request: HttpRequest, obj: StockRecord, form: Any, change: bool
    ) -> None:
        """Let the service keep level, ledger and price history in step."""
        if change:
            services.update_stock_record(
                obj.pk,
                price=obj.price,
                compare_at_price=obj.compare_at_price,
                partner_sku=obj.partner_sku,
                low_stock_threshold=obj.low_stock_threshold,
            )
            return
        made = services.create_stock_record(
            partner=obj.partner,
            variant=obj.variant,
            partner_sku=obj.partner_sku,
            price=obj.price,
            compare_at_price=obj.compare_at_price,
            currency=obj.currency,
            low_stock_threshold=obj.low_stock_threshold,
            num_in_stock=form.cleaned_data["num_in_stock"] or 0,
            backorder=form.cleaned_data["backorder"],
            source=f"admin:{uuid.uuid4()}",
            actor=cast("User", request.user),  # the admin asks who it is first
        )
        obj.pk = made.pk


class CountForm(RowForm):
    """A count, or what came or went; never a figure without a reason.

    What came is added to what the page showed, lest it is sent twice.
    """

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.ChoiceField(
        choices=[
            (reason.value, reason.label)
            for reason in (Reason.COUNTED, Reason.RECEIVED, Reason.CORRECTION)
        ],
        help_text="A count replaces the figure; the others are added to it.",
    )
    units = forms.IntegerField(help_text="Below zero for what is gone.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = self.row.num_in_stock


@admin.register(StockLevel)
class StockLevelAdmin(PartnerRowsMixin[StockLevel], ButtonsAdmin[StockLevel]):
    """How many units there are, and how many are promised."""

    partner_path = "stock_record__partner"
    list_display = ("stock_record", "num_in_stock", "num_allocated", "backorder")
    list_select_related = ("stock_record",)
    list_filter = ("backorder",)
    search_fields = ("stock_record__partner_sku",)
    ordering = ("pk",)
    buttons: ClassVar[tuple[Button[Any], ...]] = (
        Button(
            name="count",
            label="Change the stock",
            permission="partner.change_stockrecord",
            is_lawful=lambda _level: True,
            form=CountForm,
        ),
    )

    def press_count(self, row: StockLevel, actor: User, cleaned: dict[str, Any]) -> str:
        """Let the ledger say why the units changed."""
        reason = Reason(cleaned["reason"])
        counted = reason == Reason.COUNTED
        level = services.adjust_stock(
            row.pk,
            source=f"admin:{uuid.uuid4()}",
            reason=reason,
            num_in_stock=cleaned["units"] if counted else None,
            delta=0 if counted else cleaned["units"],
            expected=None if counted else cleaned["seen"],
            actor=actor,
        )
        return f"{level.num_in_stock} units are in stock."


@admin.register(StockMovement)
class StockMovementAdmin(
    PersonalPagesMixin[StockMovement],
    PartnerRowsMixin[StockMovement],
    LedgerAdmin[StockMovement],
):
    """Why levels are what they are."""

    partner_path = "stock_record__partner"
    list_display = (
        "created_at",
        "stock_record",
        "reason",
        "in_stock_delta",
        "allocated_delta",
        "source",
        "actor",
    )
    list_select_related = ("stock_record", "actor")
    list_filter = ("reason",)
    search_fields = ("stock_record__partner_sku", "source")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Hide who moved units from partners: buyers are among them."""
        shown = super().get_list_display(request)
        return [name for name in shown if name not in self.get_exclude(request)]

    def get_exclude(
        self, request: HttpRequest, obj: StockMovement | None = None
    ) -> tuple[str, ...]:
        """Hide the same on the page of one."""
        return () if request.user.has_perm(SEE_EVERY_PARTNER) else ("actor",)


@admin.register(StockPrice)
class StockPriceAdmin(PartnerRowsMixin[StockPrice], LedgerAdmin[StockPrice]):
    """What was asked, and when."""

    partner_path = "stock_record__partner"
    list_display = ("stock_record", "price", "currency", "valid_from", "valid_until")
    list_select_related = ("stock_record",)
    search_fields = ("stock_record__partner_sku",)
