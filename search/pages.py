"""What a page of a search shows of the database."""

from collections.abc import Mapping, Sequence

from catalogue.rows import ProductRow
from catalogue.selectors import ask_categories, ask_product_rows
from custom.prepared import read_together
from search.labels import Facet, ask_partners, label_facets
from search.matching import Counts
from search.premises import Premises


def read_page(
    matches: Sequence[tuple[int, float]],
    facets: Mapping[str, Counts],
    premises: Premises,
) -> tuple[list[ProductRow], list[Facet]]:
    """Read the products of matches, in their order, and name the values of facets.

    What nobody may see is left out, whatever the index says. 1 query, and 1 each for
    categories and partners that the premises do not know yet, in one trip.
    """
    categories, partners = (
        [pk for value, _ in facets.get(name, ()) if (pk := int(value)) not in known]
        for name, known in (
            ("category", premises.categories),
            ("partner", premises.partners),
        )
    )
    products, category_rows, partner_names = read_together(
        ask_product_rows([pk for pk, _ in matches]),
        ask_categories(categories),
        ask_partners(partners),
    )
    premises.categories.update(
        dict.fromkeys(categories) | {row.pk: row for row in category_rows}
    )
    premises.partners.update(dict.fromkeys(partners) | dict(partner_names))
    found = {row.pk: row for row in products}
    rows = [found[pk] for pk, _ in matches if pk in found]
    return rows, label_facets(facets, premises)
