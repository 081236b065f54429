"""How shipping zones are found, with what is charged in them."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count

if TYPE_CHECKING:
    from shipping.models import ShippingZone

# One row of a tariff, in the order of ``shipping.offers.TariffRow``.
TARIFF = (
    "pk",
    "countries",
    "postcodes",
    "rates__price",
    "rates__currency",
    "rates__min_weight_grams",
    "rates__max_weight_grams",
    "rates__min_value",
    "rates__max_value",
    "rates__free_from",
    "rates__method__code",
    "rates__method__name",
    "rates__method__min_days",
    "rates__method__max_days",
    "rates__method__tax_class",
    "rates__method__is_active",
    "rates__method__position",
)


class ShippingZoneQuerySet(models.QuerySet["ShippingZone"]):
    """Places with the same shipping prices."""

    def for_list(self) -> Self:
        """Count the rates of each zone in the same query."""
        return self.annotate(rate_count=Count("rates"))

    def tariff(self) -> "models.QuerySet[ShippingZone, tuple[Any, ...]]":
        """Return every zone beside each of its rates, zones in order.

        A zone without rates comes once, with None in place of a rate.
        """
        rows = self.order_by("position", "pk", "rates__pk")
        return rows.values_list(*TARIFF)
