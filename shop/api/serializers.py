"""What the shop tells about itself."""

from typing import Any

from rest_framework import serializers

from custom.api.output import OutputSerializer


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
