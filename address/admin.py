"""Address books in the admin: staff correct an address, customers keep the book."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from address.formats import Fault, find_faults, tidy_parts
from address.forms import CountryField
from address.models import PARTS, Address
from address.numbers import READERS, read_numbers
from address.services import AddressValues, change_address
from custom.admin import ShopAdmin
from staff.admin import PersonalPagesMixin


class AddressForm(forms.ModelForm[Address]):
    """The parts of an address, checked against its country's own format."""

    country = CountryField(empty_label="Pick one", required=True)

    class Meta:
        model = Address
        fields = PARTS

    def clean_postcode(self) -> str:
        """Return the postcode as every other of the shop is written."""
        return " ".join(self.cleaned_data["postcode"].upper().split())

    def clean(self) -> dict[str, Any]:
        """Name the parts that do not fit the country."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if {"country", "city", "postcode", "region"} <= cleaned.keys():
            cleaned.update(tidy_parts(cleaned))
            for fault in [*find_faults(cleaned), *self._read_numbers(cleaned)]:
                self.add_error(fault.part, fault.detail)
        return cleaned

    def _read_numbers(self, cleaned: dict[str, Any]) -> list[Fault]:
        """Write the numbers that were typed in their form; return what is wrong."""
        again = {*self.changed_data, "vat_id"} & READERS.keys() & cleaned.keys()
        typed = {name: cleaned[name] for name in again}
        read, faults = read_numbers(typed, cleaned["country"])
        cleaned.update(read)
        return faults


@admin.register(Address)
class AddressAdmin(PersonalPagesMixin[Address], ShopAdmin[Address]):
    """What customers have in their books."""

    form = AddressForm
    list_display = (
        "__str__",
        "user",
        "country",
        "is_default_shipping",
        "is_default_billing",
    )
    list_filter = ("country",)
    list_select_related = ("user",)
    search_fields = ("user__email_normalized", "last_name", "company", "postcode")
    ordering = ("-id",)
    readonly_fields = (
        "user",
        "public_id",
        "is_default_shipping",
        "is_default_billing",
        "created_at",
    )
    fields = (*PARTS, *readonly_fields)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Refuse: customers add their addresses."""
        return False

    def save_model(
        self, request: HttpRequest, obj: Address, form: Any, change: Any
    ) -> None:
        """Let the service write what was changed here, and nothing else."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_address(obj.user_id, obj.public_id, cast("AddressValues", changes))
