"""The shape of an address, in and out."""

from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from address.formats import COUNTRY_LENGTH, country_codes, find_faults
from custom.api.serializers import StrictSerializer


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
    city = serializers.CharField(max_length=100)
    region = serializers.CharField(
        max_length=100, required=False, allow_blank=True, default=""
    )
    postcode = serializers.CharField(
        max_length=16, required=False, allow_blank=True, default=""
    )
    country = serializers.CharField(
        min_length=COUNTRY_LENGTH,
        max_length=COUNTRY_LENGTH,
        help_text="ISO 3166 alpha-2.",
    )
    phone = serializers.CharField(
        max_length=32, required=False, allow_blank=True, default=""
    )

    def validate_country(self, value: str) -> str:
        """Return the code in capitals."""
        code = value.upper()
        if code not in country_codes():
            msg = "This is not an ISO 3166 code of two letters."
            raise ValidationError(msg, code="unknown-country")
        return code

    def validate_postcode(self, value: str) -> str:
        """Return the postcode in capitals, with single spaces."""
        return " ".join(value.upper().split())

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check the address against its country's own format."""
        if faults := find_faults(attrs):
            raise ValidationError(
                {
                    fault.part: [ErrorDetail(fault.detail, fault.code)]
                    for fault in faults
                }
            )
        return attrs


class ShippingAddressSerializer(AddressSerializer):
    """An address that the shop ships to."""

    def validate_country(self, value: str) -> str:
        """Return the code in capitals, if the shop ships there."""
        code = super().validate_country(value)
        if code not in settings.SHOP_COUNTRIES:
            msg = "We do not ship to this country."
            raise ValidationError(msg, code="not-shipped-to")
        return code
