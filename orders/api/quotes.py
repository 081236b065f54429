"""How a quote is shown: under the names an order would have."""

from typing import Any

from rest_framework import serializers

from basket.quotes import Quote
from custom.api.fields import MoneyField
from custom.api.output import OutputSerializer
from orders.api.serializers import LinePartnerSerializer

TOTALS = (
    "subtotal",
    "discount_amount",
    "shipping_amount",
    "included_tax",
    "additional_tax",
    "total_amount",
)


class OrderTotalsSerializer(OutputSerializer[Any]):
    """Sums, by the names they have in baskets, quotes and orders."""

    subtotal = MoneyField()
    discount_amount = MoneyField()
    shipping_amount = MoneyField()
    included_tax = MoneyField()
    additional_tax = MoneyField()
    total_amount = MoneyField()


class QuotedLineSerializer(OutputSerializer[Any]):
    """One item of a quote."""

    product = serializers.IntegerField()
    variant = serializers.IntegerField()
    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()
    line_total = MoneyField()
    offer = serializers.IntegerField()
    partner = LinePartnerSerializer(source="*")
    discount_amount = MoneyField()
    tax_amount = MoneyField()


class QuotedVoucherSerializer(OutputSerializer[Any]):
    """A voucher, and what it would take off."""

    code = serializers.CharField()
    discount = MoneyField()


class QuoteSerializer(OrderTotalsSerializer):
    """Everything an order would charge."""

    currency = serializers.CharField()
    lines = QuotedLineSerializer(many=True)
    vouchers = QuotedVoucherSerializer(many=True)
    shipping_method = serializers.CharField(
        help_text="Empty while no country is known, or where nothing is shipped."
    )

    def to_representation(self, instance: Quote) -> dict[str, Any]:
        """Show a quote under the names an order would have."""
        return super().to_representation(_flat(instance))


def _flat(quote: Quote) -> dict[str, Any]:
    """Return a quote's facts with the currency beside each amount."""
    currency, totals = quote.currency, quote.totals
    lines = [
        {
            "product": item.variant.product_id,
            "variant": item.variant.pk,
            "sku": item.variant.sku,
            "title": item.title,
            "quantity": item.quantity,
            "unit_price": item.unit_price,
            "line_total": item.line_total,
            "offer": item.offer.stock_record_id,
            "partner_id": item.offer.partner_id,
            "partner_name": item.offer.partner_name,
            "discount_amount": totals.line_discounts[position],
            "tax_amount": totals.line_taxes[position],
            "currency": currency,
        }
        for position, item in enumerate(quote.items)
    ]
    return {
        "currency": currency,
        "lines": lines,
        "vouchers": [
            {"code": each.code, "discount": each.amount, "currency": currency}
            for each in quote.vouchers
        ],
        "shipping_method": quote.shipping.code if quote.shipping else "",
    } | {name: getattr(totals, name) for name in TOTALS}
