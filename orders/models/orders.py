"""Orders as they were placed, and their lines.

Lines keep ids of products, variants, stock records and partners as plain numbers
beside copies of what was shown: an order outlives all of them, and a foreign key
would lock rows that every order of a product shares.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from custom.fields import CodeField, MoneyField
from custom.ids import new_public_id
from orders.querysets import BoughtLine, OrderQuerySet

if TYPE_CHECKING:
    from payments.models import Payment, Refund
    from payments.services import StartedPayment


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
    total_amount = MoneyField(help_text="As placed; it never changes.")
    taxes = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        editable=False,
        help_text="Rate, net and tax of what bears each rate, as text; together the "
        "total.",
    )
    credited_amount = MoneyField(
        default=0,
        db_default=0,
        help_text="What cancellations, returns and credits took back of the total.",
    )
    paid_amount = MoneyField(
        default=0,
        db_default=0,
        help_text="Money received, as far as payments have told.",
    )
    refunded_amount = MoneyField(
        default=0, db_default=0, help_text="Of that, paid back or on its way back."
    )
    vouchers = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text="Code and discount of each, as text.",
    )
    shipping_address = models.JSONField(default=dict)
    billing_address = models.JSONField(default=dict)
    shipping_method = CodeField(blank=True, default="")
    note = models.TextField(blank=True, default="")
    language = CodeField(max_length=16, default="en")
    placed_at = models.DateTimeField(default=timezone.now)
    needs_prepayment = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Does not ship before the money is there or promised.",
    )
    expires_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text="When it is given up; empty once it is paid, promised or closed.",
    )
    cancelled_at = models.DateTimeField(
        null=True, blank=True, help_text="When nothing of it was left to ship."
    )
    delivered_at = models.DateTimeField(
        null=True, blank=True, help_text="When the last shipment arrived."
    )
    erased_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Since then it does not say who bought.",
    )

    has_open_lines: bool  # annotated by OrderQuerySet.for_partners
    payments: "list[Payment | StartedPayment]"  # set by load_money and place_order
    refunds: "list[Refund]"

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ("-placed_at", "-id")
        indexes = [
            models.Index(fields=["user", "-placed_at", "-id"], name="order_of_user"),
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["guest_email"], name="order_of_guest"),
            models.Index(fields=["erased_at", "placed_at"], name="order_to_erase"),
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
                condition=Q(credited_amount__gte=0)
                & Q(credited_amount__lte=F("total_amount")),
                name="order_credited_lte_total",
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=True) | Q(guest_email=""),
                name="order_guest_has_no_user",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @cached_property
    def bought(self) -> "Sequence[OrderLine | BoughtLine]":
        """Return the lines; a history reads those of many orders at once."""
        return list(self.lines.all())

    @property
    def line_count(self) -> int:
        """Return the number of lines."""
        return len(self.bought)

    @property
    def is_cancelled(self) -> bool:
        """Tell whether the whole order was given up before anything was shipped."""
        return self.cancelled_at is not None

    @property
    def owed_amount(self) -> Decimal:
        """Return what the buyer has to have paid in the end."""
        return self.total_amount - self.credited_amount


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
    tax_rate = models.DecimalField(
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Share of the net price; unknown of lines kept without it.",
    )
    fulfilled_quantity = models.PositiveIntegerField(default=0)
    cancelled_quantity = models.PositiveIntegerField(default=0, db_default=0)
    returned_quantity = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("order_id", "position")
        indexes = [models.Index(fields=["sku"], name="orderline_sku")]
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
                condition=Q(
                    quantity__gte=F("fulfilled_quantity") + F("cancelled_quantity")
                ),
                name="orderline_settled_lte_quantity",
            ),
            models.CheckConstraint(
                condition=Q(returned_quantity__lte=F("fulfilled_quantity")),
                name="orderline_returned_lte_fulfilled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"

    @property
    def currency(self) -> str:
        """Return the order's currency."""
        return self.order.currency

    @property
    def open_quantity(self) -> int:
        """Return the units still to be shipped; stock is promised for each."""
        return self.quantity - self.fulfilled_quantity - self.cancelled_quantity

    @property
    def returnable_quantity(self) -> int:
        """Return the units that were shipped and have not come back."""
        return self.fulfilled_quantity - self.returned_quantity

    @property
    def kept_quantity(self) -> int:
        """Return the units that the buyer has, or still waits for."""
        return self.quantity - self.cancelled_quantity - self.returned_quantity
