"""What a page of a search shows of the database."""

from collections.abc import Mapping, Sequence

from catalogue.rows import ProductRow
from catalogue.selectors import ask_categories, ask_product_rows
from custom.prepared import read_together
from search.labels import Facet, Names, ask_partners, label_facets
from search.matching import Counts
from search.premises import Definitions


def read_page(
    matches: Sequence[tuple[int, float]],
    facets: Mapping[str, Counts],
    definitions: Definitions,
) -> tuple[list[ProductRow], list[Facet]]:
    """Read the products of matches, in their order, and the names of facets' values.

    What nobody may see is left out, whatever the index says. 1 query, and 1 each for
    categories and partners, in one trip.
    """
    products, categories, partners = read_together(
        ask_product_rows([pk for pk, _ in matches]),
        ask_categories([int(pk) for pk, _ in facets.get("category", ())]),
        ask_partners(facets.get("partner", ())),
    )
    found = {row.pk: row for row in products}
    rows = [found[pk] for pk, _ in matches if pk in found]
    names = Names(definitions, categories, dict(partners))
    return rows, label_facets(facets, names)
