"""What was asked, matched by an engine.

Only Haystack's own vocabulary is used, so that each of its engines can answer.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from haystack import connections
from haystack.backends import SQ, BaseSearchQuery
from haystack.constants import DEFAULT_ALIAS, DJANGO_ID

from catalogue.attribute_terms import ATTRIBUTE_PREFIX
from search.conditions import (
    PRICE_FACET,
    Wording,
    filter_conditions,
    text_conditions,
)
from search.models import split_wordings
from search.requests import SearchRequest
from search.text import Clause, read_clauses, split_words, write_clauses

ORDERINGS: dict[str, tuple[str, ...]] = {
    "relevance": (),
    "title": ("title_order_exact",),
    "-title": ("-title_order_exact",),
    "price": ("price_rank",),
    "-price": ("-price",),
    "newest": ("-created",),
    "-newest": ("created",),
}
UNSORTED = ("relevance", "title")  # what comes first with words, and without
MOST_VALUES = 1000  # of a facet that an engine is asked for
TOP_SUGGESTIONS = 50  # of which the best titles are shown
Counts = Sequence[tuple[str, int]]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found, before any of it is read from the database.

    Attributes:
        matches: Id and score of each match of the page, in order.
        count: Products that match.
        facets: Facet -> (value, number), most frequent first.
        suggestion: The query with other words, where what was typed finds nothing
            and those do: this is then about what they find. Else None.
        is_fruitless: What was typed finds nothing.
    """

    matches: Sequence[tuple[int, float]]
    count: int
    facets: Mapping[str, Counts]
    suggestion: str | None
    is_fruitless: bool

    def weight(self) -> int:
        """Return how much it takes to keep this, in pairs."""
        return len(self.matches) + sum(map(len, self.facets.values()))


def find_products(
    wanted: SearchRequest,
    clauses: Sequence[Clause],
    synonyms: Sequence[str],
    hidden: Sequence[int],
) -> Found:
    """Search, and where nothing is found, in another spelling.

    One search finds, counts and counts values; one more does for each facet of which
    something is chosen. A word that no product has is looked for in another spelling.
    """
    wordings = [split_wordings(words) for words in synonyms]
    search, suggestion = _Search(wanted, clauses, wordings, hidden), None
    is_fruitless = bool(clauses) and not search.count
    if is_fruitless:
        suggestion = search.suggestion()
    if suggestion:
        better = replace(wanted, query=suggestion)
        search = _Search(better, read_clauses(suggestion), wordings, hidden)
        suggestion = suggestion if search.count else None
    return Found(
        matches=search.matches(),
        count=search.count,
        facets=search.facets(),
        suggestion=suggestion,
        is_fruitless=is_fruitless,
    )


def find_titles(words: Sequence[str]) -> list[int]:
    """Search for titles with words that begin so."""
    query = _query(SQ(title_start=word) for word in words)
    query.set_limits(0, TOP_SUGGESTIONS)
    return [match.pk for match in query.get_results()]


def get_backend() -> Any:  # noqa: ANN401 - each engine has another
    """Return what reads and writes the index."""
    return connections[DEFAULT_ALIAS].get_backend()


class Match:
    """What is wanted of a match; engines have more."""

    __slots__ = ("pk", "score")

    def __init__(
        self,
        _app_label: str,
        _model_name: str,
        pk: Any,  # noqa: ANN401 - a number, or its text
        score: float,
        **_fields: object,
    ) -> None:
        self.pk = int(pk)
        self.score = score


class _Search:
    """One set of conditions, asked for in several ways."""

    def __init__(
        self,
        wanted: SearchRequest,
        clauses: Sequence[Clause],
        synonyms: Sequence[Sequence[Wording]],
        hidden: Sequence[int],
    ) -> None:
        self._wanted = wanted
        self._clauses = clauses
        self._text = list(text_conditions(clauses, synonyms))
        if hidden:  # the index has not heard yet that nobody may see them
            self._text.append(~SQ(**{f"{DJANGO_ID}__in": hidden}))
        self._filters = filter_conditions(wanted)
        self._rows = self._ask()

    @property
    def count(self) -> int:
        """Return how many products match."""
        return int(self._rows.get_count())

    def matches(self) -> list[tuple[int, float]]:
        """Return id and score of each match of the page."""
        return [(each.pk, each.score) for each in self._rows.get_results()]

    def suggestion(self) -> str | None:
        """Return the query with words that products have in place of others."""
        asked = [
            word
            for clause in self._clauses
            if not clause.is_unwanted
            for word in clause.words
        ]
        if not asked:
            return None
        query = _query(self._text)
        query.set_limits(0, 0)
        words = split_words(query.get_spelling_suggestion(" ".join(asked)) or "")
        if words == asked or len(words) != len(asked):
            return None
        return write_clauses(self._clauses, words)

    def facets(self) -> dict[str, Counts]:
        """Return numbers of values, each facet's as if nothing of it were chosen."""
        others = self._unchosen()
        counted = _counts(self._rows, others) if others else {}
        for name in self._wanted.facets:
            if name not in counted:
                counted |= self._counted_alone(name)
        return {name: counted[name] for name in self._wanted.facets}

    def _ask(self) -> BaseSearchQuery:
        """Search for the page, with facets of which nothing is chosen."""
        ordering = self._wanted.ordering or UNSORTED[not self._clauses]
        query = self._narrowed()
        for field in ORDERINGS[ordering]:
            query.add_order_by(field)
        _count_values(query, self._unchosen())
        start = self._wanted.start
        query.set_limits(start, start + self._wanted.limit)
        return query

    def _unchosen(self) -> list[str]:
        """Return the facets that nothing is narrowed by."""
        return [name for name in self._wanted.facets if name not in self._filters]

    def _counted_alone(self, name: str) -> dict[str, Counts]:
        """Count the values of one facet without its own filter; 1 search."""
        query = self._narrowed(name)
        _count_values(query, [name])
        query.set_limits(0, 0)  # numbers alone: no match is read
        return _counts(query, [name])

    def _narrowed(self, left_out: str | None = None) -> BaseSearchQuery:
        """Apply every filter, or all but one facet's."""
        filters = (each for name, each in self._filters.items() if name != left_out)
        return _query([*self._text, *filters])


def _query(conditions: Iterable[SQ]) -> BaseSearchQuery:
    """Return a search with these conditions that has not run."""
    query = connections[DEFAULT_ALIAS].get_query()
    query.set_result_class(Match)
    for condition in conditions:
        query.add_filter(SQ(condition))
    return query


def _count_values(query: BaseSearchQuery, names: Sequence[str]) -> None:
    """Have a search that has not run count the values of facets."""
    codes = [name.removeprefix(ATTRIBUTE_PREFIX) for name in names if _code(name)]
    for name in names:
        if not _code(name):
            query.add_field_facet(_field(name), **_facet_options())
    if codes:
        query.add_field_facet("attribute", **_facet_options(codes))


def _counts(query: BaseSearchQuery, names: Sequence[str]) -> dict[str, Counts]:
    """Return what a search has counted of facets."""
    fields = query.get_facet_counts().get("fields", {})
    return {name: _values(fields, name) for name in names}


def _code(facet: str) -> bool:
    return facet.startswith(ATTRIBUTE_PREFIX)


def _field(facet: str) -> str:
    """Return the field that a facet counts."""
    if _code(facet):
        return "attribute"
    return "price_band" if facet == PRICE_FACET else facet


def _facet_options(codes: Sequence[str] = ()) -> dict[str, Any]:
    """Return what the engine must be told: attributes' codes, or how many values."""
    name = type(get_backend()).__name__
    if name.startswith("Elasticsearch"):
        return {"size": MOST_VALUES}
    if name.startswith("Solr"):
        return {"limit": MOST_VALUES}
    return {"codes": codes} if codes else {}


def _values(fields: Mapping[str, Counts], facet: str) -> list[tuple[str, int]]:
    """Return a facet's values with their numbers, without the empty one."""
    counts = fields.get(_field(facet), ())
    if not _code(facet):
        return [(value, count) for value, count in counts if value]
    start = f"{facet.removeprefix(ATTRIBUTE_PREFIX)}="
    return [
        (value.removeprefix(start), count)
        for value, count in counts
        if value.startswith(start)
    ]
