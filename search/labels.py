"""What a page shows for facets and their values; names come from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from catalogue.attribute_terms import ATTRIBUTE_PREFIX
from catalogue.attributes import Definition, label_of
from catalogue.models import AttributeDefinition
from catalogue.remembered import KnownCategories
from custom.money import format_money, places
from custom.prepared import Asked, PreparedRead
from partner.models import Partner
from search.conditions import PRICE_FACET
from search.documents import price_bands
from search.matching import Counts
from search.premises import Premises

MOST_SHOWN = 100  # values of one facet
TRUTHS = {"true": True, "false": False}
_PARTNERS = PreparedRead(
    lambda partners: (
        Partner.objects.active().filter(pk__in=partners).values_list("pk", "name")
    )
)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value, as the filter takes it, with its number of products.

    ``level`` tells how deep a category is; other values are all at 0.
    """

    value: str
    label: str
    count: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Facet:
    """A property of the products found, with its values."""

    code: str
    name: str
    values: list[FacetValue]


def ask_partners(partner_ids: Sequence[int]) -> Asked[tuple[int, str]]:
    """Return the read of those partners that are active: ids and names."""
    return _PARTNERS.of(partners=partner_ids)


def label_facets(facets: Mapping[str, Counts], premises: Premises) -> list[Facet]:
    """Name facets and values.

    Categories are in the order of their tree, price bands upwards, others by their
    numbers. What has no name is left out.

    Args:
        facets: Facet -> values with their numbers.
        premises: They know the categories and partners that are shown.
    """
    return [_facet(code, counts, premises) for code, counts in facets.items()]


def _facet(code: str, counts: Counts, premises: Premises) -> Facet:
    if code == "category":
        return Facet(code, "Category", _categories(counts, premises.categories))
    if code == "partner":
        return Facet(code, "Partner", _partners(counts, premises.partners))
    if code == PRICE_FACET:
        return Facet(code, "Price", _bands(dict(counts)))
    definition = premises.definitions[code.removeprefix(ATTRIBUTE_PREFIX)][0]
    values = [
        FacetValue(value, _label(definition, value), count)
        for value, count in _by_count(counts)
    ]
    return Facet(code, definition.name, values)


def _by_count(counts: Counts) -> Counts:
    """Return the most frequent values, equals in the order of their names."""
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:MOST_SHOWN]


def _label(definition: Definition, value: str) -> str:
    is_truth = definition.kind == AttributeDefinition.Kind.BOOLEAN
    return label_of(definition, TRUTHS.get(value, value) if is_truth else value)


def _categories(counts: Counts, known: KnownCategories) -> list[FacetValue]:
    numbers = {int(value): count for value, count in counts}
    return [
        FacetValue(str(row.id), row.name, numbers[row.id], row.level)
        for row in known.shown(numbers)
    ]


def _partners(counts: Counts, names: Mapping[int, str | None]) -> list[FacetValue]:
    return [
        FacetValue(value, name, count)
        for value, count in _by_count(counts)
        if (name := names[int(value)]) is not None
    ]


def _bands(counts: Mapping[str, int]) -> list[FacetValue]:
    """Show each band as ``first-last``, which are ``price_min`` and ``price_max``."""
    values = []
    for start, end in price_bands():
        if str(start) in counts:
            first, last = _amount(start), "" if end is None else _amount(end)
            label = f"{first} – {last}" if last else f"{first} +"  # noqa: RUF001
            value = FacetValue(f"{first}-{last}", label, counts[str(start)])
            values.append(value)
    return values


def _amount(minor: int) -> str:
    currency = settings.SHOP_CURRENCY
    return format_money(Decimal(minor).scaleb(-places(currency)), currency)
