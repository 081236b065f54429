"""The ledger of money: payments, what happened to them, and what was paid back.

An order is known by its public id alone. Nothing secret is stored: no token, no client
secret, no next action.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from custom.fields import CodeField, MoneyField
from custom.ids import new_public_id
from payments.querysets import PaymentEventQuerySet, PaymentQuerySet, RefundQuerySet

ERROR_LENGTH = 64
REASON_LENGTH = 200


class Payment(models.Model):
    """One attempt to be paid for an order by one provider.

    Its counters are the sums of its events. Of an order's payments at most one is
    *wanted*: the one whose money counts. Another one's money is sent back.
    """

    class Status(models.TextChoices):
        """Where the money is."""

        PENDING = "pending", "Pending"
        FAILED = "failed", "Failed"
        AUTHORIZED = "authorized", "Authorized"
        CANCELLED = "cancelled", "Cancelled"
        PAID = "paid", "Paid"
        PARTLY_REFUNDED = "partly_refunded", "Partly refunded"
        REFUNDED = "refunded", "Refunded"

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    order = models.UUIDField(db_index=True, help_text="Public id of the order.")
    wanted_order = models.UUIDField(
        null=True,
        blank=True,
        unique=True,
        help_text="The order again while this is the payment that counts for it.",
    )
    is_order_cancelled = models.BooleanField(
        default=False, help_text="Whatever still comes in is sent back."
    )
    provider = CodeField(max_length=32)
    key = CodeField(
        max_length=64, unique=True, help_text="Idempotency key of every call about it."
    )
    reference = CodeField(
        max_length=128, null=True, blank=True, help_text="The provider's own id."
    )
    status = CodeField(max_length=16, choices=Status, default=Status.PENDING)
    amount = MoneyField(help_text="To be paid.")
    currency = CodeField(max_length=3)
    captured_amount = MoneyField(default=0, help_text="Received in all.")
    refunding_amount = MoneyField(default=0, help_text="On its way back.")
    refunded_amount = MoneyField(default=0, help_text="Paid back.")
    error = CodeField(
        max_length=ERROR_LENGTH,
        blank=True,
        default="",
        help_text="Why it is not further.",
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    checks = models.PositiveSmallIntegerField(
        default=0, help_text="Times the sweeper has asked since the last change."
    )
    next_check_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        permissions = [("move_money", "Can record, capture, void and pay back")]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference"], name="payment_reference_once"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount"),
            models.CheckConstraint(
                condition=Q(captured_amount__gte=0, captured_amount__lte=F("amount")),
                name="payment_captured_lte_amount",
            ),
            models.CheckConstraint(
                condition=Q(
                    refunding_amount__gte=0,
                    refunded_amount__gte=0,
                    captured_amount__gte=F("refunded_amount") + F("refunding_amount"),
                ),
                name="payment_refunded_lte_captured",
            ),
            models.CheckConstraint(
                condition=Q(wanted_order__isnull=True) | Q(wanted_order=F("order")),
                name="payment_wanted_by_its_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.public_id}"

    @property
    def is_wanted(self) -> bool:
        """Tell whether this is the payment that counts for its order."""
        return self.wanted_order is not None

    @property
    def refundable_amount(self) -> Decimal:
        """Return what has been received and not promised back."""
        return self.captured_amount - self.refunded_amount - self.refunding_amount


class PaymentEvent(models.Model):
    """One thing that happened to a payment; written once, never changed."""

    class Type(models.TextChoices):
        """What happened."""

        FAILED = "failed", "Refused"
        AUTHORIZED = "authorized", "Authorized"
        CAPTURED = "captured", "Money received"
        CANCELLED = "cancelled", "Cancelled"
        REPLACED = "replaced", "Replaced by another payment"
        REFUND_REQUESTED = "refund_requested", "Refund requested"
        REFUNDED = "refunded", "Paid back"
        REFUND_FAILED = "refund_failed", "Refund failed"
        ANNOUNCED = "announced", "Announced by the provider, nothing new"

    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="events"
    )
    type = CodeField(max_length=20, choices=Type)
    captured_delta = MoneyField(default=0)
    refunding_delta = MoneyField(default=0)
    refunded_delta = MoneyField(default=0)
    error = CodeField(max_length=ERROR_LENGTH, blank=True, default="")
    provider = CodeField(max_length=32)
    provider_event_id = CodeField(
        max_length=128, null=True, blank=True, help_text="Of the webhook that told."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Nobody for providers, buyers and the shop itself.",
    )
    note = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    objects = PaymentEventQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["type", "at"], name="paymentevent_of_type")]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_event_id"],
                name="paymentevent_webhook_once",
            )
        ]

    def __str__(self) -> str:
        return self.type


class Refund(models.Model):
    """Money that goes back; a row is made before the provider is asked."""

    class Status(models.TextChoices):
        """Whether the money is back."""

        PENDING = "pending", "On its way"
        SUCCEEDED = "succeeded", "Paid back"
        FAILED = "failed", "Failed"

    public_id = models.UUIDField(default=new_public_id, unique=True, editable=False)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="refunds"
    )
    amount = MoneyField()
    currency = CodeField(max_length=3)
    status = CodeField(max_length=16, choices=Status, default=Status.PENDING)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    source = CodeField(
        max_length=128, help_text="What caused it; once for each payment."
    )
    reference = CodeField(
        max_length=128, null=True, blank=True, help_text="The provider's own id."
    )
    error = CodeField(max_length=ERROR_LENGTH, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "source"], name="refund_source_once"
            ),
            models.UniqueConstraint(
                fields=["payment", "reference"], name="refund_reference_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="refund_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def key(self) -> str:
        """Return the idempotency key the provider is given."""
        return f"refund-{self.public_id}"
