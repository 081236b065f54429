"""Where the shop ships to, how, and at what price."""

import reversion
from django.db import models
from django.db.models import F, Q

from custom.fields import CodeField, MoneyField
from custom.money import format_money
from shipping.querysets import ShippingZoneQuerySet
from tax.models import TaxClass


@reversion.register(follow=("rates",))
class ShippingZone(models.Model):
    """Places with the same shipping prices; a destination is in the first that fits."""

    name = models.CharField(max_length=200)
    countries = models.JSONField(
        default=list, blank=True, help_text="ISO 3166 codes. None: every country."
    )
    postcodes = models.TextField(
        blank=True,
        help_text="One pattern a line, * standing for anything: 07*. Empty: all.",
    )
    position = models.PositiveIntegerField(
        default=0, help_text="Zones are tried from the lowest upwards."
    )

    rate_count: int  # annotated by ShippingZoneQuerySet.for_list

    objects = ShippingZoneQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.name


@reversion.register()
class ShippingMethod(models.Model):
    """A way to send a parcel."""

    code = CodeField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    min_days = models.PositiveSmallIntegerField("days at least", null=True, blank=True)
    max_days = models.PositiveSmallIntegerField("days at most", null=True, blank=True)
    tax_class = models.ForeignKey(
        TaxClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="shipping_methods",
        help_text="Empty: taxed as the goods it carries, in proportion.",
    )
    is_active = models.BooleanField("active", default=True)
    position = models.PositiveIntegerField(
        default=0, help_text="Order among methods of the same price."
    )

    class Meta:
        ordering = ("position", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(min_days__isnull=True, max_days__isnull=True)
                | Q(
                    min_days__isnull=False,
                    max_days__isnull=False,  # 1 <= NULL is not false
                    min_days__lte=F("max_days"),
                ),
                name="shippingmethod_days_in_order",
                violation_error_message="Give both numbers of days, lowest first.",
            )
        ]

    def __str__(self) -> str:
        return self.name


@reversion.register()
class ShippingRate(models.Model):
    """The price of a method in a zone, for parcels of some weight and value.

    Both ends of a band belong to it. Where several rates fit, the lowest price
    counts.
    """

    zone = models.ForeignKey(
        ShippingZone, on_delete=models.CASCADE, related_name="rates"
    )
    method = models.ForeignKey(
        ShippingMethod, on_delete=models.CASCADE, related_name="rates"
    )
    price = MoneyField(help_text="With or without tax, as the shop's prices are.")
    currency = CodeField(max_length=3)
    min_weight_grams = models.PositiveIntegerField("from grams", default=0)
    max_weight_grams = models.PositiveIntegerField("to grams", null=True, blank=True)
    min_value = MoneyField(
        "from value", default=0, help_text="Of the goods, less discounts."
    )
    max_value = MoneyField("to value", null=True, blank=True)
    free_from = MoneyField(
        null=True, blank=True, help_text="A parcel of this value goes free."
    )

    class Meta:
        ordering = ("zone", "method", "min_weight_grams", "min_value", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gte=0, min_value__gte=0)
                & (Q(free_from__isnull=True) | Q(free_from__gte=0)),
                name="shippingrate_no_amount_negative",
                violation_error_message="No amount may be below 0.",
            ),
            models.CheckConstraint(
                condition=Q(max_weight_grams__isnull=True)
                | Q(max_weight_grams__gte=F("min_weight_grams")),
                name="shippingrate_weights_in_order",
                violation_error_message="The weights are not in order.",
            ),
            models.CheckConstraint(
                condition=Q(max_value__isnull=True) | Q(max_value__gte=F("min_value")),
                name="shippingrate_values_in_order",
                violation_error_message="The values are not in order.",
            ),
        ]

    def __str__(self) -> str:
        return f"{format_money(self.price, self.currency)} {self.currency}"
