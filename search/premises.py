"""What a search takes as given: what staff say of words, and what is hidden."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from catalogue.models import ProductChange
from catalogue.rows import DefinitionRow
from catalogue.selectors import ask_definitions
from custom.prepared import Asked, PreparedRead, read_together
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
    """

    synonyms: Sequence[str]
    hidden: Sequence[int]
    definitions: Definitions


def read_premises(*, with_definitions: bool) -> Premises:
    """Read them; 2 queries, or 3 with what attributes are, in one trip."""
    asked: list[Asked[Any]] = [_SYNONYMS.of(), _HIDDEN.of()]
    if with_definitions:
        asked.append(ask_definitions())
    synonyms, hidden, *rest = read_together(*asked)
    definitions: dict[str, list[DefinitionRow]] = {}
    for row in rest[0] if rest else ():
        definitions.setdefault(row.code, []).append(row)
    return Premises(tuple(synonyms), tuple(hidden), definitions)
