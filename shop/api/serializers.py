"""What the shop tells about itself."""

from typing import Any

from rest_framework import serializers

from custom.api.output import OutputSerializer
from custom.api.serializers import StrictSerializer
from custom.api.xsd import Body


class ShopSerializer(OutputSerializer[Any]):
    """The facts a client needs before it shows the first price."""

    name = serializers.CharField()
    currency = serializers.CharField(help_text="ISO 4217 code of every price.")
    prices_include_tax = serializers.BooleanField()
    languages = serializers.ListField(child=serializers.CharField())
    time_zone = serializers.CharField()
    countries = serializers.ListField(
        child=serializers.CharField(), help_text="ISO 3166 codes shipped to."
    )


class XsdQuerySerializer(StrictSerializer):
    """Which XML Schema is wanted."""

    operation = serializers.CharField(
        required=False, help_text="`operationId` of this document."
    )
    body = serializers.ChoiceField([*Body], required=False)
    sparse = serializers.BooleanField(
        required=False, help_text="Any member may be missing, as with `?fields=`."
    )
