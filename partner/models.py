"""Who sells and ships, what they ask, what they have, and the ledger of it."""

from typing import ClassVar

import reversion
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from catalogue.models import Variant
from custom.fields import CodeField, MoneyField
from custom.models import KeptAnswer, RateOverride
from partner.querysets import (
    PartnerMemberQuerySet,
    PartnerQuerySet,
    StockLevelQuerySet,
    StockMovementQuerySet,
    StockPriceQuerySet,
    StockRecordQuerySet,
)


@reversion.register(follow=("members", "rates"))
class Partner(models.Model):
    """A business that sells through the shop and ships what it sold."""

    code = CodeField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(
        "active", default=True, help_text="Offers of an inactive partner are not sold."
    )
    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="PartnerMember", related_name="partners"
    )

    objects = PartnerQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        permissions = (("see_every_partner", "Can see what belongs to any partner"),)

    def __str__(self) -> str:
        return self.name


@reversion.register()
class PartnerMember(models.Model):
    """A user who works for a partner."""

    class Role(models.TextChoices):
        """What a member may do for the partner."""

        MANAGER = "manager", "manager"
        CLERK = "clerk", "clerk"

    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, related_name="members"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="partner_memberships",
    )
    role = models.CharField(max_length=10, choices=Role, default=Role.CLERK)

    objects = PartnerMemberQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("partner", "user"), name="partnermember_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.partner_id}"


@reversion.register()
class PartnerRate(RateOverride):
    """A rate of everyone who works for a partner, each by themselves."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="rates")

    class Meta(RateOverride.Meta):
        constraints: ClassVar = [
            *RateOverride.Meta.constraints,
            models.UniqueConstraint(
                fields=["partner", "scope"], name="partnerrate_once_a_scope"
            ),
        ]


@reversion.register()
class StockRecord(models.Model):
    """What a partner asks for a variant; what there is of it is its level."""

    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="stock_records"
    )
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="stock_records"
    )
    partner_sku = CodeField("partner's SKU", max_length=64)
    price = MoneyField()
    compare_at_price = MoneyField(
        null=True, blank=True, help_text="The price before a reduction."
    )
    currency = models.CharField(max_length=3)
    low_stock_threshold = models.PositiveIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StockRecordQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("partner", "partner_sku"), name="stockrecord_sku_unique"
            ),
            models.UniqueConstraint(
                fields=("partner", "variant"), name="stockrecord_variant_unique"
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0), name="stockrecord_price_gte_0"
            ),
            models.CheckConstraint(
                condition=Q(compare_at_price__isnull=True)
                | Q(compare_at_price__gte=F("price")),
                name="stockrecord_compare_at_gte_price",
            ),
        ]

    def __str__(self) -> str:
        return self.partner_sku


class StockLevel(models.Model):
    """How many units of a stock record there are, and how many are promised.

    No foreign key may ever point here: whoever inserted a row that points at
    a counter would share-lock the row that every order wants to change.
    """

    stock_record = models.OneToOneField(
        StockRecord, on_delete=models.CASCADE, primary_key=True, related_name="level"
    )
    num_in_stock = models.IntegerField(default=0, help_text="Promised units included.")
    num_allocated = models.IntegerField(default=0, help_text="Promised to orders.")
    backorder = models.BooleanField(
        default=False, help_text="May be sold beyond what is in stock."
    )
    version = models.PositiveIntegerField(default=1)

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(num_in_stock__gte=0), name="stock_in_stock_gte_0"
            ),
            models.CheckConstraint(
                condition=Q(num_allocated__gte=0), name="stock_allocated_gte_0"
            ),
            models.CheckConstraint(
                condition=Q(backorder=True) | Q(num_allocated__lte=F("num_in_stock")),
                name="stock_allocated_lte_in_stock",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.num_in_stock - self.num_allocated} free"

    @property
    def num_free(self) -> int:
        """Return the units that are not promised; below 0 when oversold."""
        return self.num_in_stock - self.num_allocated


class StockMovement(models.Model):
    """One change of a level, for good; a level is the sum of its movements."""

    class Reason(models.TextChoices):
        """Why units moved."""

        INITIAL = "initial", "first count"
        RECEIVED = "received", "received"
        COUNTED = "counted", "counted"
        SOLD = "sold", "promised to an order"
        RELEASED = "released", "promise released"
        SHIPPED = "shipped", "shipped"
        RETURNED = "returned", "returned"
        CORRECTION = "correction", "correction"

    stock_record = models.ForeignKey(
        StockRecord, on_delete=models.PROTECT, related_name="movements"
    )
    in_stock_delta = models.IntegerField(default=0)
    allocated_delta = models.IntegerField(default=0)
    reason = models.CharField(max_length=10, choices=Reason)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    source = CodeField(
        max_length=64, help_text="What caused it; once for each stock record."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("stock_record", "source"), name="stockmovement_source_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.source}"


class StockImport(KeptAnswer):
    """A bulk of rows that was carried out, kept to answer a repetition of it."""

    partner = models.ForeignKey(
        Partner, on_delete=models.CASCADE, related_name="stock_imports"
    )


class StockPrice(models.Model):
    """What a stock record asked over a span of time; the open span is the present."""

    stock_record = models.ForeignKey(
        StockRecord, on_delete=models.CASCADE, related_name="prices"
    )
    price = MoneyField()
    currency = models.CharField(max_length=3)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(
        null=True, blank=True, help_text="Empty for the present price."
    )

    objects = StockPriceQuerySet.as_manager()

    class Meta:
        ordering = ("-valid_from", "-id")
        indexes: ClassVar = [
            models.Index(
                fields=("stock_record", "valid_until", "price"),
                name="stockprice_by_end",
            )
        ]

    def __str__(self) -> str:
        return f"{self.price} {self.currency}"
