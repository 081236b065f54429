"""Where a parcel is to go, and the ways to send it."""

from django.core.exceptions import ValidationError as FormError
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from address.api.serializers import PostcodeField, ShippingCountryField
from custom.api.fields import MoneyField
from custom.api.filters import IdsField
from custom.api.output import OutputSerializer
from custom.api.serializers import StrictSerializer
from shipping.offers import Estimate, ShippingOffer


class ShippingQuerySerializer(StrictSerializer):
    """The parameters of ``GET /api/shipping/``."""

    variant = serializers.CharField(
        required=False,
        help_text="Ids with commas between them, a variant wanted twice coming twice. "
        "Without any: what is in the caller's basket.",
    )
    country = ShippingCountryField()
    postcode = PostcodeField()
    region = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        help_text="Where zones go by it.",
    )

    def validate_variant(self, value: str) -> list[int]:
        """Return the ids."""
        try:
            ids: list[int] = IdsField().clean(value)
        except FormError as error:
            raise ValidationError(error.messages, code=error.code) from error
        return ids


class EstimateSerializer(OutputSerializer[Estimate]):
    """How many days a parcel is under way."""

    min_days = serializers.IntegerField()
    max_days = serializers.IntegerField()


class ShippingOfferSerializer(OutputSerializer[ShippingOffer]):
    """One way to send a parcel."""

    code = serializers.CharField(help_text="For `shipping_method` of an order.")
    name = serializers.CharField()
    price = MoneyField(help_text="With tax, if the shop's prices are.")
    currency = serializers.CharField()
    estimate = EstimateSerializer(allow_null=True)


class ShippingOffersSerializer(OutputSerializer[ShippingOffer]):
    """Every way to send a parcel; not paged."""

    results = ShippingOfferSerializer(many=True)
