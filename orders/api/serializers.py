"""What clients are shown of orders and quotes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from address.api.serializers import AddressSerializer
from custom.api.fields import MoneyField
from custom.api.output import ModelOutputSerializer, OutputSerializer
from orders.guests import guest_token
from orders.models import Order, OrderEvent, OrderLine, Shipment, ShipmentLine
from orders.selectors import buyer_actions
from orders.tracking import tracking_url
from payments.api.serializers import PaymentSerializer, RefundSerializer


class OrderProductSerializer(ModelOutputSerializer[OrderLine]):
    """What a row of the history tells of one line."""

    product = serializers.IntegerField(source="product_id")
    variant = serializers.IntegerField(source="variant_id")
    unit_price = MoneyField()
    line_total = MoneyField()

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


class LinePartnerSerializer(OutputSerializer[OrderLine]):
    """Who sold a line, as it was called then."""

    id = serializers.IntegerField(source="partner_id")
    name = serializers.CharField(source="partner_name")


class OrderLineSerializer(OrderProductSerializer):
    """One line of a whole order."""

    offer = serializers.IntegerField(source="stock_record_id")
    partner = LinePartnerSerializer(source="*")
    discount_amount = MoneyField()
    tax_amount = MoneyField()

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
            "cancelled_quantity",
            "returned_quantity",
        )
        read_only_fields = fields


@extend_schema_field({"type": "object", "additionalProperties": True})
class FactsField(serializers.JSONField):
    """Facts by name; which, depends on what they are about."""


class OrderEventSerializer(ModelOutputSerializer[OrderEvent]):
    """One thing that happened to an order."""

    detail = FactsField()

    class Meta:
        model = OrderEvent
        fields = ("at", "type", "detail")
        read_only_fields = fields


@extend_schema_serializer(component_name="OrderRow")
class OrderListSerializer(ModelOutputSerializer[Order]):
    """A row of the order history; the names are those of shipped clients."""

    order_id = serializers.IntegerField(source="pk")
    total_amount = MoneyField()
    discounted_amount = MoneyField(
        source="discount_amount", help_text="The discount given."
    )
    line_count = serializers.IntegerField()
    products = OrderProductSerializer(source="bought", many=True)

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


class ShipmentLineSerializer(ModelOutputSerializer[ShipmentLine]):
    """Units of a line in a shipment."""

    line = serializers.IntegerField(source="line_id")

    class Meta:
        model = ShipmentLine
        fields = ("line", "quantity")
        read_only_fields = fields


class ShipmentSerializer(ModelOutputSerializer[Shipment]):
    """One parcel."""

    id = serializers.UUIDField(source="public_id")
    tracking_url = serializers.SerializerMethodField()
    lines = ShipmentLineSerializer(many=True)

    class Meta:
        model = Shipment
        fields = (
            "id",
            "carrier",
            "tracking_number",
            "tracking_url",
            "shipped_at",
            "delivered_at",
            "lines",
        )
        read_only_fields = fields

    def get_tracking_url(self, shipment: Shipment) -> str:
        """Return the carrier's page; empty if the shop knows none."""
        return tracking_url(shipment)


class OrderVoucherSerializer(OutputSerializer[dict[str, str]]):
    """A voucher that was used, and what it took off."""

    code = serializers.CharField()
    discount = serializers.CharField()


class ReturnedLineSerializer(OutputSerializer[dict[str, Any]]):
    """Units of a line that came back."""

    line = serializers.IntegerField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()


class ReturnSerializer(ModelOutputSerializer[OrderEvent]):
    """Goods that came back, read from the event that tells of them."""

    id = serializers.UUIDField(source="public_id")
    amount = serializers.CharField(
        source="detail.amount", help_text="Taken off what is owed."
    )
    reason = serializers.CharField(source="detail.reason")
    lines = ReturnedLineSerializer(source="detail.lines", many=True)

    class Meta:
        model = OrderEvent
        fields = ("id", "at", "amount", "reason", "lines")
        read_only_fields = fields


@extend_schema_serializer(component_name="Order")
class OrderDetailSerializer(OrderListSerializer):
    """One whole order; ``load_money`` has told its payments."""

    subtotal = MoneyField()
    discount_amount = MoneyField()
    shipping_amount = MoneyField()
    included_tax = MoneyField()
    additional_tax = MoneyField()
    credited_amount = MoneyField(
        help_text="What cancellations and returns took back of the total."
    )
    lines = OrderLineSerializer(many=True)
    shipping_address = AddressSerializer()
    billing_address = AddressSerializer()
    vouchers = OrderVoucherSerializer(many=True)
    payments = PaymentSerializer(many=True)
    shipments = ShipmentSerializer(many=True)
    refunds = RefundSerializer(many=True)
    returns = serializers.SerializerMethodField()
    events = OrderEventSerializer(many=True)
    actions = serializers.SerializerMethodField()

    class Meta:
        model = Order
        fields = (
            *OrderListSerializer.Meta.fields,
            "subtotal",
            "discount_amount",
            "shipping_amount",
            "included_tax",
            "additional_tax",
            "credited_amount",
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
            "expires_at",
            "actions",
        )
        read_only_fields = fields

    @extend_schema_field(ReturnSerializer(many=True))
    def get_returns(self, order: Order) -> list[dict[str, Any]]:
        """Pick the returns from the events."""
        kind = OrderEvent.Type.RETURNED
        found = [event for event in order.events.all() if event.type == kind]
        return self.part("returns", ReturnSerializer).show_all(found)

    def get_actions(self, order: Order) -> list[str]:
        """Name what the buyer may do now, as in the last part of its address."""
        return buyer_actions(order)


@extend_schema_serializer(component_name="PlacedOrder")
class PlacedOrderSerializer(OrderDetailSerializer):
    """The order just placed; a guest is told the token that opens it again."""

    guest_token = serializers.CharField(
        required=False, help_text="Guests only: for `X-Order-Token`."
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
