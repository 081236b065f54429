"""What matches a query, and those of it that fit what is looked up in columns."""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, islice
from typing import Any, TypeVar

import xapian

from search.columns import (
    Numbers,
    attribute_column,
    count_values,
    mask,
    pack,
    pick_numbers,
)
from search.query import Lookup

T = TypeVar("T")


class Matched:
    """All that matches a query as of one commit, in order.

    Attributes:
        ids: Of the products.
    """

    def __init__(self, ids: "array[int]") -> None:
        """Begin without any column."""
        self.ids = ids
        self._numbers: dict[str, Numbers] = {}

    def numbers(self, database: xapian.Database, column: str) -> Numbers:
        """Return what a column has of them; it is picked once."""
        numbers = self._numbers.get(column)
        if numbers is None:
            numbers = pick_numbers(database, column, self.ids)
            self._numbers[column] = numbers
        return numbers


class Narrowed:
    """Those matches that fit what is looked up in columns."""

    def __init__(
        self, database: xapian.Database, matched: Matched, lookups: Sequence[Lookup]
    ) -> None:
        """Look each up in those that are left of the one before."""
        self._database = database
        self._matched = matched
        self._masks: list[bytes] = []
        for each in lookups:
            numbers = self.numbers(each.column)
            self._masks.append(mask(database, each.column, numbers, each.fits))

    def __len__(self) -> int:
        """Return how many there are."""
        return self._masks[-1].count(1) if self._masks else len(self._matched.ids)

    def page(self, cut: slice) -> tuple[list[int], list[int]]:
        """Return where some of them stand among all matches, and their ids."""
        every = range(len(self._matched.ids))
        ranks = list(islice(self._kept(every), cut.start, cut.stop))
        return ranks, [self._matched.ids[rank] for rank in ranks]

    def numbers(self, column: str) -> Numbers:
        """Return what a column has of them."""
        numbers = self._matched.numbers(self._database, column)
        if not self._masks:
            return numbers
        return pack(self._kept(numbers), numbers)

    def _kept(self, values: Iterable[T]) -> Iterable[T]:
        """Keep what belongs to them."""
        for each in self._masks:
            values = compress(values, each)
        return values


def count_facets(
    database: xapian.Database,
    facets: Mapping[str, Mapping[str, Any]],
    narrowed: Narrowed | None = None,
) -> dict[str, list[tuple[str, int]]]:
    """Return field -> values with their numbers of products, most frequent first.

    Args:
        database: An open index.
        facets: Field -> options; ``codes`` names attributes.
        narrowed: The products that count; all if None.
    """

    def count(column: str) -> Counter[str]:
        numbers = None if narrowed is None else narrowed.numbers(column)
        return count_values(database, column, numbers)

    found = {}
    for field, options in facets.items():
        counts: Counter[str] = Counter()
        if "codes" not in options:
            counts = count(field)
        for code in options.get("codes", ()):
            values = count(attribute_column(code))
            counts.update({f"{code}={value}": many for value, many in values.items()})
        found[field] = counts.most_common()
    return found
