"""Orders as they were placed, their lines, and what has happened to them.

Lines keep ids of products, variants, stock records and partners as plain numbers
beside copies of what was shown: an order outlives all of them, and a foreign key
would lock rows that every order of a product shares.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from custom.fields import CodeField, MoneyField
from custom.ids import new_public_id
from orders.querysets import OrderQuerySet


class Order(models.Model):
    """A contract: what was bought, by whom, for how much."""

    class Status(models.TextChoices):
        """Sums up where money and goods are."""

        PENDING = "pending", "Pending"
        CONFIRMED = "confirmed", "Confirmed"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        RETURNED = "returned", "Returned"

    class PaymentStatus(models.TextChoices):
        """Where the money is."""

        PENDING = "pending", "Pending"
        AUTHORIZED = "authorized", "Authorized"
        PAID = "paid", "Paid"
        PARTLY_REFUNDED = "partly_refunded", "Partly refunded"
        REFUNDED = "refunded", "Refunded"
        FAILED = "failed", "Failed"

    class FulfilmentStatus(models.TextChoices):
        """Where the goods are."""

        UNFULFILLED = "unfulfilled", "Unfulfilled"
        PARTLY_SHIPPED = "partly_shipped", "Partly shipped"
        SHIPPED = "shipped", "Shipped"
        DELIVERED = "delivered", "Delivered"
        RETURNED = "returned", "Returned"

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    number = CodeField(max_length=32, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        db_index=False,  # order_of_user begins with it
    )
    guest_email = models.EmailField(blank=True, default="")
    status = CodeField(max_length=16, choices=Status.choices, default=Status.PENDING)
    payment_status = CodeField(
        max_length=16, choices=PaymentStatus.choices, default=PaymentStatus.PENDING
    )
    fulfilment_status = CodeField(
        max_length=16,
        choices=FulfilmentStatus.choices,
        default=FulfilmentStatus.UNFULFILLED,
    )
    version = models.PositiveIntegerField(default=1)
    currency = CodeField(max_length=3)
    subtotal = MoneyField(help_text="Sum of the lines.")
    discount_amount = MoneyField(default=0)
    shipping_amount = MoneyField(default=0)
    included_tax = MoneyField(default=0, help_text="Informs only.")
    additional_tax = MoneyField(default=0, help_text="Added to the total.")
    total_amount = MoneyField()
    shipping_address = models.JSONField(default=dict)
    billing_address = models.JSONField(default=dict)
    shipping_method = CodeField(blank=True, default="")
    note = models.TextField(blank=True, default="")
    language = CodeField(max_length=16, default="en")
    placed_at = models.DateTimeField(default=timezone.now)

    line_count: int  # annotated by OrderQuerySet.for_list

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ("-placed_at", "-id")
        indexes = [
            models.Index(fields=["user", "-placed_at", "-id"], name="order_of_user"),
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    total_amount=F("subtotal")
                    - F("discount_amount")
                    + F("shipping_amount")
                    + F("additional_tax")
                ),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(
                    subtotal__gte=0,
                    discount_amount__gte=0,
                    shipping_amount__gte=0,
                    included_tax__gte=0,
                    additional_tax__gte=0,
                    total_amount__gte=0,
                ),
                name="order_no_amount_negative",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(guest_email=""),
                name="order_guest_has_no_user",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One item of an order, as it was shown and charged."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    product_id = models.BigIntegerField(db_index=True)
    variant_id = models.BigIntegerField(db_index=True)
    stock_record_id = models.BigIntegerField(db_index=True)
    partner_id = models.BigIntegerField(db_index=True)
    partner_name = models.CharField(max_length=200)
    sku = CodeField()
    title = models.CharField(max_length=255)
    quantity = models.PositiveIntegerField()
    unit_price = MoneyField()
    line_total = MoneyField(help_text="Unit price times quantity.")
    discount_amount = MoneyField(default=0)
    tax_amount = MoneyField(default=0)
    fulfilled_quantity = models.PositiveIntegerField(default=0)
    returned_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("order", "position")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "position"], name="orderline_position_once"
            ),
            models.UniqueConstraint(
                fields=["order", "stock_record_id"], name="orderline_item_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1), name="orderline_quantity_positive"
            ),
            models.CheckConstraint(
                condition=Q(line_total=F("unit_price") * F("quantity")),
                name="orderline_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(fulfilled_quantity__lte=F("quantity")),
                name="orderline_fulfilled_lte_quantity",
            ),
            models.CheckConstraint(
                condition=Q(returned_quantity__lte=F("fulfilled_quantity")),
                name="orderline_returned_lte_fulfilled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class OrderEvent(models.Model):
    """One thing that happened to an order; written once, never changed."""

    class Type(models.TextChoices):
        """What happened."""

        PLACED = "placed", "Placed"
        COMPLETED = "completed", "Completed"

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
    detail = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("order", "at", "id")

    def __str__(self) -> str:
        return f"{self.type} {self.order_id}"
