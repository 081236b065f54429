"""Which rate applies to what, where."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from address.destinations import Destination
from address.formats import region_key
from custom.prepared import PreparedRead
from tax.models import TaxRate

Place = tuple[str, str]  # country and region; empty: any

_RATES = PreparedRead(
    lambda countries: (
        TaxRate.objects.for_countries(countries)
        .order_by()
        .values_list(
            "tax_class", "country", "region", "percent", "tax_class__is_default"
        )
    )
)


@dataclass(frozen=True, slots=True)
class TaxTable:
    """The rates of some countries, held in memory.

    Attributes:
        rates: By tax class, country and what stands for the region.
        default_class_id: None while no rate of the default class is among them.
        fallback: What is borne where no rate is set.
    """

    rates: Mapping[tuple[int, str, str], Decimal]
    default_class_id: int | None
    fallback: Decimal

    def rate(self, tax_class_id: int | None, destination: Destination) -> Decimal:
        """Return the share of the net price, 0.20 for a fifth; no query.

        The class's own rate counts first, then the default class's, then the
        fallback; of a class the region's before the country's before that of
        anywhere else. A destination without a country is the shop's own.
        """
        for class_id in (tax_class_id, self.default_class_id):
            for country, region in _places(destination):
                found = self.rates.get((class_id or 0, country, region))
                if found is not None:
                    return found
        return self.fallback


def tax_table(countries: Collection[str]) -> TaxTable:
    """Load the rates of countries; 1 query."""
    wanted = {country or settings.SHOP_HOME_COUNTRY for country in countries}
    rates: dict[tuple[int, str, str], Decimal] = {}
    default_class_id = None
    for class_id, country, region, percent, is_default in _RATES(countries=[*wanted]):
        rates[class_id, country, region_key(country, region)] = percent / 100
        if is_default:
            default_class_id = class_id
    return TaxTable(rates, default_class_id, Decimal(settings.SHOP_TAX_RATE))


def _places(destination: Destination) -> Iterator[Place]:
    """Yield the places a rate may be set for, the nearest first."""
    country = destination.country or settings.SHOP_HOME_COUNTRY
    if destination.region:
        yield country, region_key(country, destination.region)
    yield country, ""
    yield "", ""
