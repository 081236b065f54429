"""What a page of a search shows of the database."""

from collections.abc import Mapping, Sequence

from django.utils import timezone

from catalogue.rows import ProductRow
from catalogue.selectors import ask_categories, ask_product_rows
from catalogue.windows import is_open
from custom.prepared import read_together
from search.labels import Facet, ask_partners, label_facets
from search.matching import Counts
from search.premises import Premises

MOST_PRODUCTS = 2_000  # rows that a process remembers: some 700 bytes each


def read_page(
    matches: Sequence[tuple[int, float]],
    facets: Mapping[str, Counts],
    premises: Premises,
) -> tuple[list[ProductRow], list[Facet]]:
    """Read the products of matches, in their order, and name the values of facets.

    What nobody may see is left out, whatever the index says. 1 query each for products,
    categories and partners that the premises do not know yet, in one trip.
    """
    wanted = [pk for pk, _ in matches]
    found = {pk: row for pk in wanted if (row := premises.products.get(pk))}
    categories, partners = (
        [int(value) for value, _ in facets.get(name, ())]
        for name in ("category", "partner")
    )
    categories = premises.categories.unknown(categories)
    partners = [pk for pk in partners if pk not in premises.partners]
    products, category_rows, partner_names = read_together(
        ask_product_rows([pk for pk in wanted if pk not in found]),
        ask_categories(categories),
        ask_partners(partners),
    )
    premises.categories.learn(categories, category_rows)
    premises.partners.update(dict.fromkeys(partners) | dict(partner_names))
    _remember(products, premises)
    found |= {row.pk: row for row in products}
    now = timezone.now()
    rows = [row for pk in wanted if (row := found.get(pk)) and is_open(row, now)]
    return rows, label_facets(facets, premises)


def _remember(products: Sequence[ProductRow], premises: Premises) -> None:
    """Know rows from now on, in place of all others where they would be too many."""
    if len(premises.products) + len(products) > MOST_PRODUCTS:
        premises.products.clear()
    premises.products.update((row.pk, row) for row in products)
