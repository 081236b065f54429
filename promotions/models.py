"""Vouchers, how often they were used, and the ledger of their uses."""

from decimal import Decimal

import reversion
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from custom.fields import CodeField, MoneyField
from promotions.querysets import (
    VoucherCounterQuerySet,
    VoucherQuerySet,
    VoucherRedemptionQuerySet,
)

CODE_PATTERN = r"\A[A-Z0-9_-]+\Z"
CODE_LENGTH = 32
CUSTOMER_LENGTH = 80


@reversion.register()
class Voucher(models.Model):
    """A code that takes something off an order."""

    class Kind(models.TextChoices):
        """What a voucher takes off; the order here is the order of application."""

        PERCENT = "percent", "percent of the goods"
        FIXED = "fixed", "amount off the goods"
        FREE_SHIPPING = "free_shipping", "free shipping"

    code = CodeField(
        max_length=CODE_LENGTH,
        unique=True,
        validators=[RegexValidator(CODE_PATTERN, "Capitals, digits, - and _ only.")],
        help_text="In capitals; buyers may type it as they like.",
    )
    name = models.CharField(max_length=200, blank=True)
    kind = CodeField(max_length=16, choices=Kind)
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    amount = MoneyField(null=True, blank=True)
    minimum_subtotal = MoneyField(
        default=0, help_text="What the goods must cost before any discount."
    )
    currency = CodeField(max_length=3)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField("uses at most", null=True, blank=True)
    max_uses_per_customer = models.PositiveIntegerField(
        "uses at most, each customer", null=True, blank=True
    )
    is_exclusive = models.BooleanField(
        "exclusive", default=False, help_text="Not together with another voucher."
    )
    is_active = models.BooleanField("active", default=True)

    num_used: int | None  # annotated by VoucherQuerySet.with_uses
    num_used_by_customer: int

    objects = VoucherQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind="percent",
                    percent__isnull=False,  # NULL > 0 is not false
                    percent__gt=0,
                    percent__lte=100,
                    amount__isnull=True,
                )
                | Q(
                    kind="fixed",
                    amount__isnull=False,
                    amount__gt=0,
                    percent__isnull=True,
                )
                | Q(kind="free_shipping", percent__isnull=True, amount__isnull=True),
                name="voucher_value_of_its_kind",
                violation_error_message=(
                    "A percentage needs a percent from 0 to 100, a fixed voucher an "
                    "amount, free shipping neither."
                ),
            ),
            models.CheckConstraint(
                condition=Q(minimum_subtotal__gte=0),
                name="voucher_minimum_gte_0",
                violation_error_message="A minimum cannot be below 0.",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="voucher_ends_after_start",
                violation_error_message="A voucher ends after it starts.",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class VoucherCounter(models.Model):
    """How often a voucher was used.

    A row of its own, which no foreign key points at: every order with the voucher
    changes it, and neither a form nor a reverted version writes an old figure back.
    """

    voucher = models.OneToOneField(
        Voucher, on_delete=models.CASCADE, primary_key=True, related_name="counter"
    )
    num_used = models.PositiveIntegerField(default=0)

    objects = VoucherCounterQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.num_used} uses of {self.voucher_id}"


class VoucherRedemption(models.Model):
    """One use of a voucher; given back when its order came to nothing."""

    voucher = models.ForeignKey(
        Voucher,
        on_delete=models.PROTECT,
        related_name="redemptions",
        db_index=False,  # redemption_of_customer begins with it
    )
    order = models.UUIDField(help_text="The order's public id.")
    customer = CodeField(
        max_length=CUSTOMER_LENGTH, help_text="A user's id, or a digest of an address."
    )
    amount = MoneyField(default=Decimal(0), help_text="What it took off.")
    created_at = models.DateTimeField(default=timezone.now)
    given_back_at = models.DateTimeField(null=True, blank=True)

    objects = VoucherRedemptionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("order", "voucher"), name="voucherredemption_once_an_order"
            )
        ]
        indexes = [
            models.Index(fields=("voucher", "customer"), name="redemption_of_customer")
        ]

    def __str__(self) -> str:
        return f"{self.voucher_id} for {self.order}"
