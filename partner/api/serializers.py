"""What partners send and are shown of their stock."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from basket.items import line_title
from catalogue.models import Variant
from custom.api.bulks import BulkResultSerializer, OutcomeSerializer
from custom.api.fields import CodeField, ListField, MoneyField
from custom.api.output import ModelOutputSerializer
from custom.api.serializers import StrictSerializer
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from partner.models import StockRecord
from partner.services import StockRow

MAX_ROWS = 1000
MAX_UNITS = 10**9
MAX_THRESHOLD = 10**9
MAX_ID = 2**63 - 1
SKU_LENGTH = 64


class PriceField(serializers.DecimalField):
    """An amount the database can hold."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(
            max_digits=MONEY_MAX_DIGITS,
            decimal_places=MONEY_DECIMAL_PLACES,
            min_value=Decimal(0),
            **kwargs,
        )


class StockRecordSerializer(ModelOutputSerializer[StockRecord]):
    """A stock record with its level, as its partner sees it."""

    variant = serializers.IntegerField(source="variant_id")
    sku = serializers.CharField(source="variant.sku", help_text="The shop's own.")
    title = serializers.SerializerMethodField()
    num_in_stock = serializers.IntegerField(
        source="level.num_in_stock", help_text="Promised units included."
    )
    num_allocated = serializers.IntegerField(
        source="level.num_allocated", help_text="Promised to orders, not shipped yet."
    )
    num_backordered = serializers.SerializerMethodField(
        help_text="Promised beyond what is in stock."
    )
    price = MoneyField()
    compare_at_price = MoneyField(allow_null=True)
    backorder = serializers.BooleanField(
        source="level.backorder", help_text="May be sold beyond what is in stock."
    )

    class Meta:
        model = StockRecord
        fields = (
            "id",
            "partner_sku",
            "variant",
            "sku",
            "title",
            "num_in_stock",
            "num_allocated",
            "num_backordered",
            "price",
            "compare_at_price",
            "currency",
            "low_stock_threshold",
            "backorder",
        )
        read_only_fields = fields

    def get_title(self, record: StockRecord) -> str:
        """Return the product's title, and the variant's if it has one."""
        return line_title(record.variant)

    def get_num_backordered(self, record: StockRecord) -> int:
        """Return the promised units that have yet to arrive."""
        return max(-record.level.num_free, 0)


class StockChangeSerializer(StrictSerializer):
    """Body of ``PATCH /api/partner/stock/{id}/``."""

    partner_sku = CodeField(max_length=SKU_LENGTH, required=False)
    num_in_stock = serializers.IntegerField(
        min_value=0, max_value=MAX_UNITS, required=False
    )
    price = PriceField(required=False)
    compare_at_price = PriceField(required=False, allow_null=True)
    low_stock_threshold = serializers.IntegerField(
        min_value=0, max_value=MAX_THRESHOLD, required=False, allow_null=True
    )
    backorder = serializers.BooleanField(required=False)
    expected = serializers.IntegerField(
        min_value=0,
        max_value=MAX_UNITS,
        required=False,
        help_text="What `num_in_stock` must be; else 409 `stock-changed`.",
    )


class NewStockRecordSerializer(StrictSerializer):
    """Body of ``POST /api/partner/stock/``."""

    variant = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    partner_sku = CodeField(max_length=SKU_LENGTH)
    price = PriceField()
    compare_at_price = PriceField(required=False, allow_null=True)
    currency = serializers.CharField(required=False)
    num_in_stock = serializers.IntegerField(min_value=0, max_value=MAX_UNITS, default=0)
    low_stock_threshold = serializers.IntegerField(
        min_value=0, max_value=MAX_THRESHOLD, required=False, allow_null=True
    )
    backorder = serializers.BooleanField(default=False)

    def validate_variant(self, value: int) -> Variant:
        """Find a variant anyone may see; 1 query."""
        variant = Variant.objects.public().filter(pk=value).first()
        if variant is None:
            msg = "There is no such variant."
            raise ValidationError(msg, code="does-not-exist")
        return variant

    def validate_currency(self, value: str) -> str:
        """Take the shop's only currency."""
        if value != settings.SHOP_CURRENCY:
            msg = f"This shop sells in {settings.SHOP_CURRENCY}."
            raise ValidationError(msg, code="wrong-currency")
        return value


class StockRowSerializer(StrictSerializer):
    """One row of a bulk."""

    partner_sku = CodeField(max_length=SKU_LENGTH)
    num_in_stock = serializers.IntegerField(
        min_value=0, max_value=MAX_UNITS, required=False
    )
    price = PriceField(required=False)
    expected = serializers.IntegerField(
        min_value=0, max_value=MAX_UNITS, required=False
    )
    variant = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        help_text="What to offer under a SKU that is new.",
    )

    def read(self, data: object) -> StockRow:
        """Return a row in the service's own terms.

        Raises:
            ValidationError: It has another shape.
        """
        values = self.run_validation(data)
        variant = values.pop("variant", None)
        return StockRow(variant_id=variant, **values)


class UnreadRowSerializer(StockRowSerializer):
    """Takes a row as it is: what is wrong with it concerns no other row."""

    def run_validation(self, data: Any = empty) -> Any:  # noqa: ANN401
        """Return the row unread."""
        return data


class StockBulkSerializer(StrictSerializer):
    """Body of ``POST /api/partner/stock/bulk/``; rows are read one by one."""

    rows = ListField(child=UnreadRowSerializer(), min_length=1, max_length=MAX_ROWS)


class RowResultSerializer(OutcomeSerializer):
    """What became of a row."""

    partner_sku = serializers.CharField(
        allow_null=True, help_text="None if it could not be read."
    )
    id = serializers.IntegerField(allow_null=True, help_text="Of the stock record.")


class StockBulkResultSerializer(BulkResultSerializer):
    """Answer to a bulk."""

    results = RowResultSerializer(many=True)
