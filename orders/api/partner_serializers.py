"""What partners are shown of orders."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from address.api.serializers import AddressSerializer
from custom.api.output import ModelOutputSerializer
from orders.actors import Role
from orders.api.serializers import ShipmentSerializer
from orders.models import Order, OrderLine
from orders.transitions import allowed_actions, may_ship


class PartnerLineSerializer(ModelOutputSerializer[OrderLine]):
    """A line as the partner who ships it sees it."""

    variant = serializers.IntegerField(source="variant_id")
    offer = serializers.IntegerField(source="stock_record_id")
    open_quantity = serializers.IntegerField(help_text="Still to be shipped.")

    class Meta:
        model = OrderLine
        fields = (
            "id",
            "variant",
            "offer",
            "sku",
            "title",
            "quantity",
            "fulfilled_quantity",
            "cancelled_quantity",
            "returned_quantity",
            "open_quantity",
        )
        read_only_fields = fields


class PartnerOrderSerializer(ModelOutputSerializer[Order]):
    """The part of an order that is a partner's to ship; prices are not shown."""

    order_id = serializers.IntegerField(source="pk")
    may_ship = serializers.SerializerMethodField()
    shipping_address = serializers.SerializerMethodField()
    lines = PartnerLineSerializer(many=True)
    shipments = ShipmentSerializer(many=True)

    class Meta:
        model = Order
        fields = (
            "order_id",
            "number",
            "fulfilment_status",
            "placed_at",
            "may_ship",
            "shipping_method",
            "shipping_address",
            "note",
            "lines",
            "shipments",
        )
        read_only_fields = fields

    def get_may_ship(self, order: Order) -> bool:
        """Tell whether the goods may leave now."""
        return "ship" in allowed_actions(order, Role.PARTNER)

    @extend_schema_field(AddressSerializer(allow_null=True))
    def get_shipping_address(self, order: Order) -> dict[str, str] | None:
        """Tell where the goods go, once they may, and not before."""
        return order.shipping_address if may_ship(order) else None
