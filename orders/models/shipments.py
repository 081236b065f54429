"""Parcels of orders."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from custom.fields import CodeField
from custom.ids import new_public_id
from orders.models.orders import Order, OrderLine


class Shipment(models.Model):
    """One parcel of a partner's lines, on its way or arrived."""

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    partner_id = models.BigIntegerField(db_index=True)
    carrier = CodeField(max_length=32, blank=True, default="")
    tracking_number = models.CharField(max_length=100, blank=True, default="")
    shipped_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("order_id", "shipped_at", "id")

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}".strip() or str(self.public_id)


class ShipmentLine(models.Model):
    """How many units of a line a shipment holds."""

    shipment = models.ForeignKey(
        Shipment, on_delete=models.PROTECT, related_name="lines"
    )
    line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="shipment_lines"
    )
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ("shipment_id", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "line"], name="shipmentline_line_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="shipmentline_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of line {self.line_id}"
