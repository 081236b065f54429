"""What a process remembers of the catalogue: names, which change some times a day.

What a page has had to read of them others find here until something changes, as
``custom.caching.memory`` has it.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from catalogue.rows import CategoryRow, DefinitionRow
from custom.caching.memory import Memory
from custom.caching.versions import Moment

_TREE_ORDER = attrgetter("tree_id", "lft")


class KnownCategories:
    """Categories that were asked for so far; some 400 bytes for each.

    A large tree takes no more than what is shown of it.
    """

    def __init__(self) -> None:
        self._rows: dict[int, CategoryRow | None] = {}  # None: may not be shown

    def unknown(self, category_ids: Iterable[int]) -> list[int]:
        """Return which of some categories are yet to be read."""
        return [pk for pk in category_ids if pk not in self._rows]

    def learn(self, category_ids: Iterable[int], found: Iterable[CategoryRow]) -> None:
        """Take those that anyone may see of the categories that were read."""
        self._rows.update(dict.fromkeys(category_ids) | {row.id: row for row in found})

    def shown(self, category_ids: Iterable[int]) -> list[CategoryRow]:
        """Return those of known categories that anyone may see, in tree order."""
        rows = filter(None, map(self._rows.__getitem__, category_ids))
        return sorted(rows, key=_TREE_ORDER)


class Remembered(NamedTuple):
    """What product pages know so far, to be filled in by those that read more.

    Attributes:
        categories: Those that products are in.
        definitions: Type of products -> its attributes in order; some kB for each.
    """

    categories: KnownCategories
    definitions: dict[int, Sequence[DefinitionRow]]


def remembered(moment: Moment | None) -> Remembered:
    """Return what is known at a moment; nothing yet, if it is None."""
    return _KNOWN.get(moment)


_KNOWN = Memory(lambda: Remembered(KnownCategories(), {}))
