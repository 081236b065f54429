"""The shape of an address, in and out."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from address.countries import Country
from address.formats import (
    COUNTRY_LENGTH,
    Region,
    country_codes,
    find_faults,
    format_of,
    tidy_parts,
)
from address.models import PARTS, Address
from address.numbers import PHONE_LENGTH, READERS, VAT_ID_LENGTH, read_numbers
from custom.api.output import ModelOutputSerializer, OutputSerializer
from custom.api.serializers import StrictSerializer


class CountryField(serializers.CharField):
    """A country's code, read in capitals."""

    def __init__(self) -> None:
        super().__init__(
            min_length=COUNTRY_LENGTH,
            max_length=COUNTRY_LENGTH,
            help_text="ISO 3166 alpha-2.",
        )

    def run_validation(self, data: object = empty) -> str:
        """Return the code, if there is such a country."""
        code: str = super().run_validation(data).upper()
        if code not in country_codes():
            msg = "This is not an ISO 3166 code of two letters."
            raise ValidationError(msg, code="unknown-country")
        return code


class ShippingCountryField(CountryField):
    """A country that the shop ships to."""

    def run_validation(self, data: object = empty) -> str:
        """Return the code, if the shop ships there."""
        code = super().run_validation(data)
        if code not in settings.SHOP_COUNTRIES:
            msg = "We do not ship to this country."
            raise ValidationError(msg, code="not-shipped-to")
        return code


class PostcodeField(serializers.CharField):
    """A postcode, read in capitals and with single spaces; may be left out."""

    def __init__(self) -> None:
        super().__init__(
            max_length=16,
            required=False,
            allow_blank=True,
            default="",
            help_text="As the country writes it.",
        )

    def to_internal_value(self, data: str) -> str:
        """Return the postcode as every other of the shop is written."""
        return " ".join(super().to_internal_value(data).upper().split())


class AddressSerializer(StrictSerializer):
    """An address written in the body of a request, and the copy of it in an answer.

    Parts that are left out read as empty strings.
    """

    first_name = serializers.CharField(
        max_length=150, required=False, allow_blank=True, default=""
    )
    last_name = serializers.CharField(max_length=150)
    company = serializers.CharField(
        max_length=150, required=False, allow_blank=True, default=""
    )
    line1 = serializers.CharField(max_length=200)
    line2 = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default=""
    )
    city = serializers.CharField(
        max_length=100,
        help_text="A few places have none, and may leave it out: see `/api/country/`.",
    )
    region = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        help_text="By its code or any of its names; shown as `/api/country/` has it.",
    )
    postcode = PostcodeField()
    country = CountryField()
    phone = serializers.CharField(
        max_length=PHONE_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="As it is dialled in the country, or with `+`; shown in E.164.",
    )
    vat_id = serializers.CharField(
        max_length=VAT_ID_LENGTH,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of a company; checked by the country's form and check digits.",
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # noqa: ANN401
        """Read the parts; a place without cities may leave that one out."""
        if not self._lacks_city(data):
            return dict(super().to_internal_value(data))
        read: dict[str, Any] = super().to_internal_value({**data, "city": "none"})
        return read | {"city": ""}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the address against its country's own format."""
        return self.check(attrs, attrs)

    def _lacks_city(self, data: object) -> bool:
        """Tell whether a body has no city, for a place that has none."""
        if not isinstance(data, Mapping):
            return False
        city = data.get("city", "")
        if not isinstance(city, str) or city.strip():
            return False
        if self.partial and "city" not in data:
            return False
        country = str(data.get("country") or getattr(self.instance, "country", ""))
        code = country.upper()
        return code in country_codes() and "city" not in format_of(code).needed

    def check(self, attrs: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
        """Check a whole address, of which some parts are written; read their numbers.

        A number that stays is not read again, so that one of before it was checked
        does not stand in the way; a VAT id has to be one of another country, though.
        """
        typed = {name: attrs[name] for name in READERS if name in attrs}
        if "country" in attrs:
            typed["vat_id"] = whole["vat_id"]
        tidied = {n: text for n, text in tidy_parts(whole).items() if n in attrs}
        read, faults = read_numbers(typed, whole["country"])
        if faults := [*find_faults(whole | tidied), *faults]:
            raise ValidationError(
                {
                    fault.part: [ErrorDetail(fault.detail, fault.code)]
                    for fault in faults
                }
            )
        return attrs | tidied | read


class ShippingAddressSerializer(AddressSerializer):
    """An address that the shop ships to."""

    country = ShippingCountryField()


class BookEntrySerializer(AddressSerializer):
    """Body of ``POST /api/address/``, and of changes of an address of the book.

    A change of some parts is checked together with the parts the ``instance`` has.
    """

    is_default_shipping = serializers.BooleanField(required=False, default=False)
    is_default_billing = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the address against its country's own format."""
        stays = self.instance.as_copy() if self.partial and self.instance else {}
        return self.check(attrs, stays | attrs)


class TrueOrNullField(serializers.BooleanField):
    """Shows a column that has NULL in place of false."""

    def get_attribute(self, instance: Any) -> bool:  # noqa: ANN401
        """Return a plain truth value."""
        return bool(super().get_attribute(instance))


class BookAddressSerializer(ModelOutputSerializer[Address]):
    """An address of the caller's book."""

    id = serializers.UUIDField(source="public_id")
    is_default_shipping = TrueOrNullField()
    is_default_billing = TrueOrNullField()

    class Meta:
        model = Address
        fields = ("id", *PARTS, "is_default_shipping", "is_default_billing")
        read_only_fields = fields


class RegionSerializer(OutputSerializer[Region]):
    """A state, province or the like."""

    code = serializers.CharField(help_text="As addresses of the country write it.")
    name = serializers.CharField()


class CountrySerializer(OutputSerializer[Country]):
    """A country shipped to, and what an address there needs."""

    code = serializers.CharField(help_text="ISO 3166 alpha-2.")
    name = serializers.CharField()
    required_fields = serializers.SerializerMethodField(
        help_text="Parts of an address that may not be empty."
    )
    postcode_pattern = serializers.CharField(
        source="rules.postcode",
        allow_null=True,
        help_text="Regular expression of the whole postcode; null takes anything.",
    )
    postcode_example = serializers.CharField(source="rules.example")
    region_type = serializers.CharField(
        source="rules.region_type", help_text="What a region is: `state`, `province`."
    )
    regions = serializers.ListField(
        child=RegionSerializer(),
        source="rules.regions",
        help_text="All there are; empty where none are known.",
    )

    def get_required_fields(self, country: Country) -> list[str]:
        """Return what every address needs, and what this country wants besides."""
        parts, needed = AddressSerializer().fields, country.rules.needed
        always = {name for name in PARTS if parts[name].required} - {"city"}
        return [name for name in PARTS if name in always | needed]
