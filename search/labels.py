"""What a page shows for facets and their values; labels come from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from catalogue.attribute_terms import ATTRIBUTE_PREFIX
from catalogue.attributes import Definition, label_of
from catalogue.models import AttributeDefinition
from catalogue.selectors import public_categories
from custom.money import format_money, places
from custom.prepared import PreparedRead
from partner.models import Partner
from search.conditions import PRICE_FACET
from search.documents import price_bands

Counts = Sequence[tuple[str, int]]
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


def label_facets(
    facets: Mapping[str, Counts],
    definitions: Mapping[str, Sequence[Definition]],
) -> list[Facet]:
    """Name facets and values; 1 query each for categories and partners.

    Categories are in the order of their tree, price bands upwards, others by their
    numbers. What the database does not have, or may not show, is left out.
    """
    return [_facet(name, counts, definitions) for name, counts in facets.items()]


def _facet(
    name: str,
    counts: Counts,
    definitions: Mapping[str, Sequence[Definition]],
) -> Facet:
    if name == "category":
        return Facet(name, "Category", _categories(dict(counts)))
    if name == "partner":
        return Facet(name, "Partner", _partners(counts))
    if name == PRICE_FACET:
        return Facet(name, "Price", _bands(dict(counts)))
    definition = definitions[name.removeprefix(ATTRIBUTE_PREFIX)][0]
    values = [
        FacetValue(value, _label(definition, value), count)
        for value, count in _by_count(counts)
    ]
    return Facet(name, definition.name, values)


def _by_count(counts: Counts) -> Counts:
    """Return the most frequent values, equals in the order of their names."""
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:MOST_SHOWN]


def _label(definition: Definition, value: str) -> str:
    is_truth = definition.kind == AttributeDefinition.Kind.BOOLEAN
    return label_of(definition, TRUTHS.get(value, value) if is_truth else value)


def _categories(counts: Mapping[str, int]) -> list[FacetValue]:
    return [
        FacetValue(str(row.pk), row.name, counts[str(row.pk)], row.level)
        for row in public_categories([int(pk) for pk in counts])
    ]


def _partners(counts: Counts) -> list[FacetValue]:
    shown = _by_count(counts)
    names = dict(_PARTNERS(partners=[int(value) for value, _ in shown]))
    return [
        FacetValue(value, names[int(value)], count)
        for value, count in shown
        if int(value) in names
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
