"""What clients send to place an order, and what they are shown of orders."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from address.api.serializers import AddressSerializer, ShippingAddressSerializer
from basket.api.serializers import LineInputSerializer, line_request
from basket.models import MAX_LINES
from custom.api.fields import MoneyField
from custom.api.serializers import StrictSerializer
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from orders.guests import guest_token
from orders.models import Order, OrderEvent, OrderLine
from orders.requests import OrderRequest
from users.emails import EMAIL_MAX_LENGTH
from users.models import User

MAX_NOTE = 2_000  # characters


class PlaceOrderInputSerializer(StrictSerializer):
    """Body of ``POST /api/order/``; knows shapes, not stock.

    The context's ``buyer`` is the signed-in user, or None for a guest.
    """

    lines = serializers.ListField(
        child=LineInputSerializer(), min_length=1, max_length=MAX_LINES
    )
    shipping_address = ShippingAddressSerializer()
    billing_address = AddressSerializer(
        required=False, help_text="The shipping address, if left out."
    )
    email = serializers.EmailField(
        max_length=EMAIL_MAX_LENGTH,
        required=False,
        help_text="Guests must give it; others may not.",
    )
    note = serializers.CharField(
        max_length=MAX_NOTE, required=False, allow_blank=True, default=""
    )
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    expected_total = serializers.DecimalField(
        max_digits=MONEY_MAX_DIGITS,
        decimal_places=MONEY_DECIMAL_PLACES,
        min_value=Decimal(0),
        required=False,
        help_text="What the buyer was shown; another total is refused.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Want an e-mail address of guests, and of nobody else."""
        is_guest = self.context["buyer"] is None
        if is_guest and "email" not in attrs:
            fault = ErrorDetail("Guests must give an e-mail address.", "required")
            raise ValidationError({"email": [fault]})
        if not is_guest and "email" in attrs:
            detail = "Leave this out: the confirmation goes to your account's address."
            raise ValidationError({"email": [ErrorDetail(detail, "guests-only")]})
        return attrs

    def order_request(self) -> OrderRequest:
        """Return the validated body in the service's own terms."""
        body = self.validated_data
        buyer: User | None = self.context["buyer"]
        return OrderRequest(
            user=buyer,
            guest_email=body.get("email", ""),
            lines=tuple(line_request(line) for line in body["lines"]),
            shipping_address=body["shipping_address"],
            billing_address=body.get("billing_address", body["shipping_address"]),
            note=body["note"],
            language=body.get("language", settings.LANGUAGE_CODE),
            expected_total=body.get("expected_total"),
        )


class OrderProductSerializer(serializers.ModelSerializer[OrderLine]):
    """What a row of the history tells of one line."""

    product = serializers.IntegerField(source="product_id")
    variant = serializers.IntegerField(source="variant_id")
    unit_price = MoneyField(currency_source="order.currency")
    line_total = MoneyField(currency_source="order.currency")

    class Meta:
        model = OrderLine
        fields = (
            "product",
            "variant",
            "sku",
            "title",
            "quantity",
            "unit_price",
            "line_total",
        )
        read_only_fields = fields


class LinePartnerSerializer(serializers.Serializer[OrderLine]):
    """Who sold a line, as it was called then."""

    id = serializers.IntegerField(source="partner_id")
    name = serializers.CharField(source="partner_name")


class OrderLineSerializer(OrderProductSerializer):
    """One line of a whole order."""

    offer = serializers.IntegerField(source="stock_record_id")
    partner = LinePartnerSerializer(source="*")
    discount_amount = MoneyField(currency_source="order.currency")
    tax_amount = MoneyField(currency_source="order.currency")

    class Meta:
        model = OrderLine
        fields = (
            "id",
            *OrderProductSerializer.Meta.fields,
            "offer",
            "partner",
            "discount_amount",
            "tax_amount",
            "fulfilled_quantity",
            "returned_quantity",
        )
        read_only_fields = fields


class OrderEventSerializer(serializers.ModelSerializer[OrderEvent]):
    """One thing that happened to an order."""

    class Meta:
        model = OrderEvent
        fields = ("at", "type", "detail")
        read_only_fields = fields


class OrderListSerializer(serializers.ModelSerializer[Order]):
    """A row of the order history; the names are those of shipped clients."""

    order_id = serializers.IntegerField(source="pk")
    total_amount = MoneyField()
    discounted_amount = MoneyField(
        source="discount_amount", help_text="The discount given."
    )
    line_count = serializers.IntegerField()
    products = OrderProductSerializer(source="lines", many=True)

    class Meta:
        model = Order
        fields = (
            "order_id",
            "number",
            "status",
            "payment_status",
            "fulfilment_status",
            "placed_at",
            "currency",
            "total_amount",
            "discounted_amount",
            "line_count",
            "products",
        )
        read_only_fields = fields


@extend_schema_field({"type": "array", "items": {"type": "object"}})
class EmptyListField(serializers.ReadOnlyField):
    """A list of which an order of this shop has nothing."""

    def __init__(self) -> None:
        super().__init__(source="*")

    def to_representation(self, value: object) -> list[object]:
        """Return an empty list, whatever the order."""
        return []


class OrderDetailSerializer(OrderListSerializer):
    """One whole order."""

    subtotal = MoneyField()
    discount_amount = MoneyField()
    shipping_amount = MoneyField()
    included_tax = MoneyField()
    additional_tax = MoneyField()
    lines = OrderLineSerializer(many=True)
    shipping_address = AddressSerializer()
    billing_address = AddressSerializer()
    vouchers = EmptyListField()
    payments = EmptyListField()
    shipments = EmptyListField()
    refunds = EmptyListField()
    returns = EmptyListField()
    events = OrderEventSerializer(many=True)
    actions = EmptyListField()

    class Meta:
        model = Order
        fields = (
            *OrderListSerializer.Meta.fields,
            "subtotal",
            "discount_amount",
            "shipping_amount",
            "included_tax",
            "additional_tax",
            "lines",
            "shipping_address",
            "billing_address",
            "shipping_method",
            "vouchers",
            "note",
            "payments",
            "shipments",
            "refunds",
            "returns",
            "events",
            "actions",
        )
        read_only_fields = fields


class PlacedOrderSerializer(OrderDetailSerializer):
    """The order just placed; a guest is told the token that opens it again."""

    guest_token = serializers.CharField(
        read_only=True, required=False, help_text="Guests only: for `X-Order-Token`."
    )

    class Meta:
        model = Order
        fields = (*OrderDetailSerializer.Meta.fields, "guest_token")
        read_only_fields = fields

    def to_representation(self, instance: Order) -> dict[str, Any]:
        """Add the token, which is computed and stored nowhere."""
        shown = super().to_representation(instance)
        if instance.user_id is None:
            shown["guest_token"] = guest_token(instance.public_id)
        return shown
