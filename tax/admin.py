"""Tax classes with their rates in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from address.formats import region_key
from address.forms import CountryField
from custom.admin import ShopAdmin
from tax.models import TaxClass, TaxRate
from tax.querysets import TaxClassQuerySet
from tax.services import make_default


class TaxRateForm(forms.ModelForm[TaxRate]):
    """A rate of one place."""

    country = CountryField(empty_label="anywhere else")

    class Meta:
        model = TaxRate
        fields = ("country", "region", "percent")


class TaxRateFormSet(
    forms.BaseInlineFormSet[TaxRate, TaxClass, forms.ModelForm[TaxRate]]
):
    """All rates of a class: one a place, whatever the place is called."""

    def clean(self) -> None:
        """Refuse a region that is there by two of its names."""
        super().clean()
        places = set()
        for form in self.forms:
            rate = getattr(form, "cleaned_data", {})
            if not {"country", "region"} <= rate.keys() or rate.get("DELETE"):
                continue
            place = rate["country"], region_key(rate["country"], rate["region"])
            if place in places:
                msg = f"There are two rates of {rate['region']} ({rate['country']})."
                raise ValidationError(msg, code="unique")
            places.add(place)


class TaxRateInline(admin.TabularInline[TaxRate, TaxClass]):
    """What goods of the class bear, place by place."""

    model = TaxRate
    form = TaxRateForm
    formset = TaxRateFormSet
    extra = 0


class TaxClassForm(forms.ModelForm[TaxClass]):
    """A class; there is one default, which another class may take over."""

    default = forms.BooleanField(
        required=False, help_text="Products without a tax class are of this one."
    )

    class Meta:
        model = TaxClass
        fields = ("code", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["default"].initial = bool(self.instance.is_default)
        # Another class takes over; a shop without a default would tax by accident.
        self.fields["default"].disabled = bool(self.instance.is_default)


@admin.register(TaxClass)
class TaxClassAdmin(ShopAdmin[TaxClass]):
    """What is taxed alike, and how."""

    form = TaxClassForm
    list_display = ("name", "code", "default", "rate_count")
    search_fields = ("name", "code")
    inlines = (TaxRateInline,)

    def get_queryset(self, request: HttpRequest) -> TaxClassQuerySet:
        """Count rates in the list's one query."""
        return TaxClass.objects.for_list()

    @admin.display(boolean=True)
    def default(self, tax_class: TaxClass) -> bool:
        """Show whether products without a class are of this one."""
        return bool(tax_class.is_default)

    @admin.display(description="rates")
    def rate_count(self, tax_class: TaxClass) -> int:
        """Show how many places have a rate."""
        return tax_class.rate_count

    def save_model(
        self, request: HttpRequest, obj: TaxClass, form: Any, change: bool
    ) -> None:
        """Store the class; let the service move the default."""
        super().save_model(request, obj, form, change)
        if form.cleaned_data["default"] and not obj.is_default:
            make_default(obj)
