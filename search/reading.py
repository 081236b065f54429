"""One search on an open index."""

from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import xapian

from search.answers import Answers
from search.columns import count_combinations
from search.narrowing import Matched, Narrowed, count_facets
from search.query import Lookup
from search.writing import ID_PREFIX

LOOKS = 32  # products whose slot is read in the time in which one match is found
MOST_COMBINATIONS = 4096  # in a column that is looked up instead of its terms
MOST_KEPT = 500_000  # matches that a process remembers: some 4 MB with their columns
MOST_OF_ONE = MOST_KEPT // 2  # of one query
FEWEST_OF_ONE = 1_000  # fewer are found as fast
Order = Callable[[xapian.Query], xapian.Enquire]  # makes what finds in an order
Hits = list[tuple[int, float]]  # id and weight of matches
Facets = Mapping[str, Mapping[str, Any]]  # field -> options
FacetCounts = dict[str, list[tuple[str, int]]]
_MATCHED: Answers[Matched] = Answers(lambda _asked, found: len(found.ids), MOST_KEPT)


class Reading:
    """What one search reads of one commit.

    Conditions that have a column are looked up there, in all that matches the rest.
    That is remembered until the next commit, so whoever narrows a search further, or
    counts a facet as if nothing of it were chosen, has it already. Where too much
    matches, and where no more than a page is wanted of what nobody has asked for,
    Xapian sees to all conditions.
    """

    def __init__(
        self, database: xapian.Database, order: Order, *, asked: Hashable
    ) -> None:
        """Take what is read.

        Args:
            database: An open index.
            order: Makes what finds, in the order that is wanted.
            asked: Identifies the order.
        """
        self._database = database
        self._order = order
        self._asked = asked
        self._every: int = database.get_doccount()
        self._commit = commit_of(database)

    def page(
        self,
        query: xapian.Query,
        lookups: Sequence[Lookup],
        facets: Facets,
        cut: slice,
    ) -> tuple[Hits, int, FacetCounts]:
        """Return a page's matches, their number, and the counts of all of them."""
        query, lookups = self._divide(query, lookups, is_counted=bool(facets))
        matched, matches = self._known(query), None
        if matched is None:
            if not lookups and (not facets or self._finds_all(query)):
                return self._page_alone(query, facets, cut)
            matched, matches = self._match(query)
        narrowed = Narrowed(self._database, matched, lookups)
        ranks, ids = narrowed.page(cut)
        found = self._weigh(query, ids) if matches is None else _hits(matches, ranks)
        return found, len(narrowed), count_facets(self._database, facets, narrowed)

    def _page_alone(
        self, query: xapian.Query, facets: Facets, cut: slice
    ) -> tuple[Hits, int, FacetCounts]:
        """Return a page without any other match; facets are those of all products."""
        size, every = cut.stop - cut.start, self._every + 1
        matches = self._order(query).get_mset(cut.start, size, every)
        hits = matches.get_matches_estimated()  # exact: all were checked
        found = _hits(matches, range(matches.size()))
        return found, hits, count_facets(self._database, facets)

    def _divide(
        self, query: xapian.Query, lookups: Sequence[Lookup], *, is_counted: bool
    ) -> tuple[xapian.Query, Sequence[Lookup]]:
        """Return what Xapian finds, and what is looked up in that."""
        small = [each for each in lookups if self._is_small(each)]
        query = _both(query, [each for each in lookups if each not in small])
        if (
            not small
            or self._known(query) is not None
            or self._is_worth(query, small, is_counted=is_counted)
        ):
            return query, small
        return _both(query, small), ()

    def _is_small(self, lookup: Lookup) -> bool:
        """Tell whether a column can be looked up without reading very many values."""
        combinations = count_combinations(self._database, lookup.column)
        return lookup.is_slow or combinations <= MOST_COMBINATIONS

    def _is_worth(
        self, query: xapian.Query, lookups: Sequence[Lookup], *, is_counted: bool
    ) -> bool:
        """Tell whether to find all that matches before anything is looked up.

        It costs the matches that are left out then, and spares reading a slot. Where
        facets are counted, and half of it or more is found anyway, the rest is worth
        it for whoever narrows the search next.
        """
        if not is_counted and not any(each.is_slow for each in lookups):
            return False
        found = self._estimate(query)
        if LOOKS * found <= self._every or not is_counted:
            return LOOKS * found <= self._every
        left = self._estimate(_both(query, lookups))
        return LOOKS * (found - 2 * left) <= self._every

    def _estimate(self, query: xapian.Query) -> int:
        """Return about how many products match."""
        return int(self._order(query).get_mset(0, 0).get_matches_estimated())

    def _finds_all(self, query: xapian.Query) -> bool:
        """Tell whether every product surely matches."""
        least = self._order(query).get_mset(0, 0).get_matches_lower_bound()
        return bool(least == self._every)

    def _match(self, query: xapian.Query) -> tuple[Matched, xapian.MSet]:
        """Find all that matches, and remember it if it is worth that."""
        matches = self._order(query).get_mset(0, self._every)
        matched = Matched(array("I", map(matches.get_docid, range(matches.size()))))
        if FEWEST_OF_ONE <= len(matched.ids) <= MOST_OF_ONE:
            _MATCHED.keep(self._commit, self._key(query), matched)
        return matched, matches

    def _known(self, query: xapian.Query) -> Matched | None:
        """Return all that matches if it is remembered."""
        return _MATCHED.known(self._commit, self._key(query))

    def _key(self, query: xapian.Query) -> Hashable:
        return query.serialise(), self._asked

    def _weigh(self, query: xapian.Query, ids: Sequence[int]) -> Hits:
        """Add to some of a query's matches what Xapian gives each."""
        if not ids:
            return []
        terms = [f"{ID_PREFIX}{pk}" for pk in ids]
        these = xapian.Query(xapian.Query.OP_OR, terms)
        filtered = xapian.Query(xapian.Query.OP_FILTER, query, these)
        matches = self._order(filtered).get_mset(0, len(ids))
        weights = dict(_hits(matches, range(matches.size())))
        return [(pk, weights[pk]) for pk in ids]


def commit_of(database: xapian.Database) -> tuple[bytes, int]:
    """Return which index is open, and as of which of its commits."""
    return database.get_uuid(), database.get_revision()


def _both(query: xapian.Query, lookups: Sequence[Lookup]) -> xapian.Query:
    """Return a query with further conditions that Xapian sees to."""
    if not lookups:
        return query
    return xapian.Query(xapian.Query.OP_AND, [query, *(each.query for each in lookups)])


def _hits(matches: xapian.MSet, ranks: Iterable[int]) -> Hits:
    """Return id and weight of some matches."""
    return [(each.docid, each.weight) for each in map(matches.get_hit, ranks)]
