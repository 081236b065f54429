"""Matches of a query: those within bounds, and what columns have of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from operator import itemgetter
from typing import Any

import xapian

from search.columns import Pick, attribute_column, count_values, select_between
from search.query import Bound

LOOKS = 32  # products whose slot is read while one match is looked up in a column


def narrow(
    enquire: xapian.Enquire, bounds: Sequence[Bound], every: int
) -> Sequence[Bound]:
    """Return the bounds that matches must be looked up for; Xapian sees to others."""
    if bounds and LOOKS * enquire.get_mset(0, 0).get_matches_estimated() > every:
        parts = [enquire.get_query(), *(each.query for each in bounds)]
        enquire.set_query(xapian.Query(xapian.Query.OP_AND, parts))
        return ()
    return bounds


def finds_all(enquire: xapian.Enquire, database: xapian.Database) -> bool:
    """Tell whether every product surely matches."""
    least: int = enquire.get_mset(0, 0).get_matches_lower_bound()
    return least == database.get_doccount()


def choose(
    database: xapian.Database, matches: xapian.MSet, bounds: Sequence[Bound]
) -> tuple[Sequence[int], Sequence[int]]:
    """Return the ranks of those matches that are within bounds, and their ids."""
    ranks: Sequence[int] = range(matches.size())
    ids = list(map(matches.get_docid, ranks))
    for each in bounds:
        ends = (each.lowest, each.highest)
        _, _, *fits = select_between(database, each.field, pick_of(ids), ends)
        ranks, ids = list(compress(ranks, fits)), list(compress(ids, fits))
    return ranks, ids


def pick_of(ids: Sequence[int]) -> Pick:
    """Return what takes a column's numbers of some products."""
    # Two more than there are, of no product: of a single one it were no tuple.
    return itemgetter(0, 0, *ids)


def count_facets(
    database: xapian.Database,
    facets: Mapping[str, Mapping[str, Any]],
    pick: Pick | None,
) -> dict[str, list[tuple[str, int]]]:
    """Return field -> values with their numbers of matches, most frequent first."""
    found = {}
    for field, options in facets.items():
        counts: Counter[str] = Counter()
        if "codes" not in options:
            counts = count_values(database, field, pick)
        for code in options.get("codes", ()):
            values = count_values(database, attribute_column(code), pick)
            counts.update({f"{code}={value}": many for value, many in values.items()})
        found[field] = counts.most_common()
    return found
