"""What has happened to orders."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from custom.fields import CodeField
from custom.ids import new_public_id
from orders.models.orders import Order


class OrderEvent(models.Model):
    """One thing that happened to an order; written once, never changed.

    ``detail`` of a public event is shown to the buyer as it is.
    """

    class Type(models.TextChoices):
        """What happened."""

        PLACED = "placed", "Placed"
        PAYMENT_CHOSEN = "payment_chosen", "Way of payment chosen"
        PAYMENT_AUTHORIZED = "payment_authorized", "Payment authorized"
        PAYMENT_FAILED = "payment_failed", "Payment failed"
        PAYMENT_PENDING = "payment_pending", "Payment open again"
        PAID = "paid", "Paid"
        REFUNDED = "refunded", "Refunded"
        SHIPPED = "shipped", "Shipped"
        DELIVERED = "delivered", "Delivered"
        CANCELLED = "cancelled", "Cancelled"
        EXPIRED = "expired", "Expired unpaid"
        RETURNED = "returned", "Returned"
        CREDITED = "credited", "Credited without goods"
        COMPLETED = "completed", "Completed before these books began"
        NOTED = "noted", "Noted"
        CLAIMED = "claimed", "Moved into its buyer's account"

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    type = CodeField(max_length=32, choices=Type.choices)
    from_status = CodeField(max_length=16, blank=True, default="")
    to_status = CodeField(max_length=16, blank=True, default="")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Nobody for guests and for the shop itself.",
    )
    role = CodeField(
        max_length=16,
        blank=True,
        default="",
        db_default="",
        help_text="As what the actor did it.",
    )
    is_public = models.BooleanField(
        default=True, db_default=True, help_text="Shown to the buyer."
    )
    detail = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("order_id", "at", "id")
        indexes = [models.Index(fields=["type", "at"], name="orderevent_of_type")]

    def __str__(self) -> str:
        return f"{self.type} {self.order_id}"
