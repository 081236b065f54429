"""Figures of days and months, counted from the ledgers; what pages are read from.

A row says nothing the ledgers do not say: ``manage.py stats rebuild`` makes the same
rows again. Days and months are those of the shop's time zone. Amounts are in the row's
currency, as buyers were charged, added tax included. What is not there is zero.
"""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from custom.fields import CodeField, MoneyField
from stats.querysets import (
    BasketDayQuerySet,
    OfferDayQuerySet,
    OfferMonthQuerySet,
    PartnerDayQuerySet,
    SalesDayQuerySet,
    StaleDayQuerySet,
)

SUM_DIGITS = 18  # a day's sum is longer than any order's
GOODS = ("units", "goods", "units_back", "goods_back")


class SoldGoods(models.Model):
    """Units that were ordered, and those that were given up or came back.

    Attributes:
        keys: What tells the rows of one day or month apart.
        measures: Numbers that may be summed.
        copied: What else a row says of its key.
    """

    keys: ClassVar[tuple[str, ...]]
    measures: ClassVar[tuple[str, ...]]
    copied: ClassVar[tuple[str, ...]] = ()

    currency = CodeField(max_length=3)
    units = models.PositiveBigIntegerField(default=0)
    goods = MoneyField(
        max_digits=SUM_DIGITS, default=0, help_text="Charged for the units."
    )
    units_back = models.PositiveBigIntegerField(
        default=0, help_text="Cancelled, expired or returned on this day."
    )
    goods_back = MoneyField(
        max_digits=SUM_DIGITS, default=0, help_text="Taken back for those."
    )

    class Meta:
        abstract = True


class SalesDay(SoldGoods):
    """What the whole shop sold, took back and paid back on a day."""

    keys = ("currency",)
    measures = (
        "orders",
        *GOODS,
        "shipping",
        "shipping_back",
        "refunds",
        "refunded",
    )

    day = models.DateField()
    orders = models.PositiveIntegerField(default=0, help_text="Placed on this day.")
    shipping = MoneyField(
        max_digits=SUM_DIGITS, default=0, help_text="Of these orders' totals."
    )
    shipping_back = MoneyField(max_digits=SUM_DIGITS, default=0)
    refunds = models.IntegerField(
        default=0, help_text="Paid back, less those that failed after all."
    )
    refunded = MoneyField(max_digits=SUM_DIGITS, default=0)

    objects = SalesDayQuerySet.as_manager()

    class Meta:
        ordering = ("day", "currency")
        verbose_name = "sales of a day"
        verbose_name_plural = "sales"
        default_permissions = ("view",)  # who may open the dashboard
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("day", "currency"), name="salesday_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"


class PartnerDay(SoldGoods):
    """What one partner sold and took back on a day; ``orders`` hold a line of it."""

    keys = ("currency", "partner_id")
    measures = ("orders", *GOODS)

    day = models.DateField()
    partner_id = models.BigIntegerField()
    orders = models.PositiveIntegerField(default=0)

    objects = PartnerDayQuerySet.as_manager()

    class Meta:
        ordering = ("day", "currency", "partner_id")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("day", "currency", "partner_id"), name="partnerday_once"
            )
        ]
        indexes: ClassVar = [
            # Holds all that partners are compared by.
            models.Index(
                fields=("partner_id", "currency", "day", "orders", *GOODS),
                name="partnerday_by_partner",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.currency} {self.partner_id}"


class SoldOffer(SoldGoods):
    """What was sold of one stock record, which is of one product and one partner."""

    keys = ("currency", "stock_record_id")
    measures = GOODS
    copied = ("product_id", "partner_id")

    stock_record_id = models.BigIntegerField()
    product_id = models.BigIntegerField()
    partner_id = models.BigIntegerField()

    class Meta:
        abstract = True


class OfferDay(SoldOffer):
    """Of one day."""

    day = models.DateField()

    objects = OfferDayQuerySet.as_manager()

    class Meta:
        ordering = ("day", "currency", "stock_record_id")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("day", "currency", "stock_record_id"), name="offerday_once"
            )
        ]
        indexes: ClassVar = [
            # Holds all that a category's days are summed from.
            models.Index(
                fields=("currency", "product_id", "day", "partner_id", *GOODS),
                name="offerday_of_product",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.currency} {self.stock_record_id}"


class OfferMonth(SoldOffer):
    """Of one month: the sums of its days."""

    month = models.DateField(help_text="Its first day.")

    objects = OfferMonthQuerySet.as_manager()

    class Meta:
        ordering = ("month", "currency", "stock_record_id")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("month", "currency", "stock_record_id"), name="offermonth_once"
            )
        ]
        indexes: ClassVar = [
            # Holds all that a category's months are summed from.
            models.Index(
                fields=("currency", "product_id", "month", "partner_id", *GOODS),
                name="offermonth_of_product",
            )
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.currency} {self.stock_record_id}"


class BasketDay(models.Model):
    """How many baskets were opened on a day, and became an order at any time."""

    day = models.DateField(primary_key=True)
    opened = models.PositiveIntegerField(default=0)
    ordered = models.PositiveIntegerField(default=0)

    objects = BasketDayQuerySet.as_manager()

    class Meta:
        ordering = ("day",)
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ordered__lte=F("opened")), name="basketday_ordered_lte"
            )
        ]

    def __str__(self) -> str:
        return str(self.day)


class StaleDay(models.Model):
    """A day whose ledgers have changed since it was counted."""

    day = models.DateField(primary_key=True)
    mark = models.UUIDField(
        default=uuid.uuid4, help_text="Another with every change; see stats.services."
    )

    objects = StaleDayQuerySet.as_manager()

    class Meta:
        ordering = ("day",)
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.day)
