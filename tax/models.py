"""Kinds of goods that are taxed alike, and their rates by place."""

import reversion
from django.db import models
from django.db.models import Q

from custom.fields import CodeField
from tax.querysets import TaxClassQuerySet, TaxRateQuerySet

REGION_LENGTH = 100


@reversion.register(follow=("rates",))
class TaxClass(models.Model):
    """Goods taxed alike; products without a class are of the default one."""

    code = CodeField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    # True or NULL, never False: the database then keeps one default.
    is_default = models.BooleanField("default", null=True, unique=True, editable=False)

    rate_count: int  # annotated by TaxClassQuerySet.for_list

    objects = TaxClassQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name_plural = "tax classes"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_default__isnull=True) | Q(is_default=True),
                name="taxclass_default_true_or_null",
            )
        ]

    def __str__(self) -> str:
        return self.name


@reversion.register()
class TaxRate(models.Model):
    """What goods of a class bear in one country, one of its regions, or elsewhere."""

    tax_class = models.ForeignKey(
        TaxClass, on_delete=models.CASCADE, related_name="rates"
    )
    country = CodeField(
        max_length=2, blank=True, default="", help_text="Empty: anywhere else."
    )
    region = CodeField(
        max_length=REGION_LENGTH,
        blank=True,
        default="",
        help_text="Its code or any of its names. Empty: all of the country.",
    )
    percent = models.DecimalField(
        max_digits=6, decimal_places=3, help_text="Of the net price."
    )

    objects = TaxRateQuerySet.as_manager()

    class Meta:
        ordering = ("tax_class", "country", "region")
        constraints = [
            models.UniqueConstraint(
                fields=("tax_class", "country", "region"), name="taxrate_place_once"
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100),
                name="taxrate_percent_0_to_100",
                violation_error_message="Give a percentage from 0 to 100.",
            ),
            models.CheckConstraint(
                condition=~Q(country="") | Q(region=""),
                name="taxrate_region_of_a_country",
                violation_error_message="A region needs its country.",
            ),
        ]

    def __str__(self) -> str:
        place = " ".join(filter(None, (self.country, self.region))) or "anywhere else"
        return f"{place}: {self.percent.normalize():f} %"
