"""What clients send to fill a basket, and what they are shown of it."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from basket.models import MAX_QUANTITY
from basket.requests import LineRequest
from basket.selectors import ShownBasket, ShownLine, ShownVoucher, Warned
from catalogue.api.serializers import ImageSerializer
from custom.api.fields import MoneyField
from custom.api.output import OutputSerializer
from custom.api.serializers import StrictSerializer

MAX_ID = 2**63 - 1
CODE_LENGTH = 64  # characters of a voucher's code


class QuantityInputSerializer(StrictSerializer):
    """Body of ``PATCH /api/basket/line/{id}/``."""

    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY)


class LineInputSerializer(QuantityInputSerializer):
    """One wanted line: the body of ``POST /api/basket/line/``."""

    variant = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    offer = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        help_text="The `offer_id` to buy from; without one the shop picks.",
    )


def line_request(line: Mapping[str, int]) -> LineRequest:
    """Return a validated line in the services' own terms."""
    return LineRequest(line["variant"], line["quantity"], line.get("offer"))


class VoucherInputSerializer(StrictSerializer):
    """Body of ``POST /api/basket/voucher/``."""

    code = serializers.CharField(max_length=CODE_LENGTH)


class WarningSerializer(OutputSerializer[Warned]):
    """Something to know before ordering."""

    code = serializers.CharField(
        help_text="`price-changed`, `out-of-stock`, `insufficient-stock`, "
        "`not-for-sale`; of a voucher, why it does not count."
    )
    detail = serializers.CharField()
    old_price = serializers.CharField(required=False)
    new_price = serializers.CharField(required=False)
    num_available = serializers.IntegerField(required=False)

    def to_representation(self, instance: Warned) -> dict[str, Any]:
        """Show the facts that this warning has, and no others."""
        return {"code": instance.code, "detail": instance.detail} | instance.facts


class BasketLineSerializer(OutputSerializer[ShownLine]):
    """A line with today's price."""

    id = serializers.IntegerField()
    variant = serializers.IntegerField()
    sku = serializers.CharField()
    title = serializers.SerializerMethodField()
    image = ImageSerializer(allow_null=True, read_only=True)
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    line_total = MoneyField()
    warnings = WarningSerializer(many=True)

    def get_title(self, line: ShownLine) -> str:
        """Return the product's title, and the variant's if it has one."""
        return line.title


class BasketVoucherSerializer(OutputSerializer[ShownVoucher]):
    """A voucher and what it takes off; a warning says why that is nothing."""

    code = serializers.CharField()
    discount = MoneyField()
    warnings = WarningSerializer(many=True)


class BasketSerializer(OutputSerializer[ShownBasket]):
    """A whole basket."""

    token = serializers.CharField(
        source="holder.token",
        allow_null=True,
        help_text="For `X-Basket-Token`; null for an account's basket.",
    )
    version = serializers.IntegerField()
    currency = serializers.CharField()
    lines = BasketLineSerializer(many=True)
    vouchers = BasketVoucherSerializer(many=True)
    subtotal = MoneyField(source="totals.subtotal")
    discount_amount = MoneyField(source="totals.discount_amount")
    shipping_amount = MoneyField(source="totals.shipping_amount")
    included_tax = MoneyField(source="totals.included_tax")
    additional_tax = MoneyField(source="totals.additional_tax")
    total_amount = MoneyField(source="totals.total_amount")
