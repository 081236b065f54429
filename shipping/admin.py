"""Shipping zones with their rates, and methods, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from address.forms import CountriesField
from custom.admin import ShopAdmin
from custom.forms import MoneyForm
from shipping.models import ShippingMethod, ShippingRate, ShippingZone
from shipping.querysets import ShippingZoneQuerySet


class ShippingRateForm(MoneyForm[ShippingRate]):
    """A rate of one method."""

    money_fields = ("price", "min_value", "max_value", "free_from")

    class Meta:
        model = ShippingRate
        fields = (
            "method",
            "price",
            "currency",
            "min_weight_grams",
            "max_weight_grams",
            "min_value",
            "max_value",
            "free_from",
        )


class ShippingRateInline(admin.StackedInline[ShippingRate, ShippingZone]):
    """What is charged in the zone."""

    model = ShippingRate
    form = ShippingRateForm
    extra = 0
    fields = (
        ("method", "price", "currency", "free_from"),
        ("min_weight_grams", "max_weight_grams", "min_value", "max_value"),
    )

    def get_formset(self, *args: Any, **kwargs: Any) -> Any:
        """Read the methods to choose from once, not for each rate."""
        formset = super().get_formset(*args, **kwargs)
        field: Any = formset.form.base_fields["method"]
        field.choices = list(field.choices)
        return formset


class ShippingZoneForm(forms.ModelForm[ShippingZone]):
    """A zone, its countries picked by name."""

    countries = CountriesField(help_text="None: every country.")

    class Meta:
        model = ShippingZone
        fields = ("name", "position", "countries", "postcodes")


@admin.register(ShippingZone)
class ShippingZoneAdmin(ShopAdmin[ShippingZone]):
    """Where to, and at what price."""

    form = ShippingZoneForm
    list_display = ("name", "position", "shown_countries", "rate_count")
    search_fields = ("name",)
    inlines = (ShippingRateInline,)

    def get_queryset(self, request: HttpRequest) -> ShippingZoneQuerySet:
        """Count rates in the list's one query."""
        return ShippingZone.objects.for_list()

    @admin.display(description="countries")
    def shown_countries(self, zone: ShippingZone) -> str:
        """Show the codes."""
        return ", ".join(zone.countries) or "every country"

    @admin.display(description="rates")
    def rate_count(self, zone: ShippingZone) -> int:
        """Show how many rates the zone has; without one nothing is sent there."""
        return zone.rate_count


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ShopAdmin[ShippingMethod]):
    """How parcels are sent."""

    list_display = ("name", "code", "days", "tax_class", "is_active", "position")
    list_select_related = ("tax_class",)
    list_filter = ("is_active",)
    search_fields = ("name", "code")

    @admin.display(description="days")
    def days(self, method: ShippingMethod) -> str:
        """Show the estimate."""
        if method.min_days is None:
            return "-"
        return f"{method.min_days} to {method.max_days}"
