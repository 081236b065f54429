"""What a search takes as given: what staff say of words, and what is hidden."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalogue.models import ProductChange
from catalogue.remembered import KnownCategories
from catalogue.rows import DefinitionRow, ProductRow
from catalogue.selectors import ask_definitions
from custom.caching.memory import Memory
from custom.caching.versions import Moment
from custom.prepared import PreparedRead, read_together
from search.models import Synonym

_SYNONYMS = PreparedRead(
    lambda: Synonym.objects.active().values_list("words", flat=True)
)
_HIDDEN = PreparedRead(
    lambda: (
        ProductChange.objects.unlisted().values_list("product", flat=True).distinct()
    )
)
Definitions = Mapping[str, Sequence[DefinitionRow]]  # by attribute code


class Premises(NamedTuple):
    """What holds for a search.

    Attributes:
        synonyms: Wordings that mean the same, as staff wrote them.
        hidden: Ids of products that nobody may see, and the index does not know yet.
        definitions: One of an attribute for each type of products with it.
        categories: Those of facets so far.
        partners: Likewise, by id; None may not be shown.
        products: The rows of pages so far, by id.
    """

    synonyms: Sequence[str]
    hidden: Sequence[int]
    definitions: Definitions
    categories: KnownCategories
    partners: dict[int, str | None]
    products: dict[int, ProductRow]


def read_premises(moment: Moment | None = None) -> Premises:
    """Return what holds at a moment; 3 queries in one trip if that is not known."""
    return _KNOWN.get(moment)


def _read() -> Premises:
    synonyms, hidden, rows = read_together(
        _SYNONYMS.of(), _HIDDEN.of(), ask_definitions()
    )
    definitions: dict[str, list[DefinitionRow]] = {}
    for row in rows:
        definitions.setdefault(row.code, []).append(row)
    known = KnownCategories()
    return Premises(tuple(synonyms), tuple(hidden), definitions, known, {}, {})


_KNOWN = Memory(_read)
