"""Searches: what was asked becomes conditions, what was found becomes products.

Only Haystack's own vocabulary is used, so that each of its engines can answer.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import structlog
from django.db import DatabaseError
from haystack import connections
from haystack.backends import SQ, BaseSearchQuery
from haystack.constants import DEFAULT_ALIAS, DJANGO_ID
from haystack.query import SearchQuerySet

from catalogue.attribute_terms import ATTRIBUTE_PREFIX
from catalogue.models import ProductChange
from catalogue.rows import ProductRow
from catalogue.selectors import product_rows
from custom.errors import DomainError
from custom.prepared import PreparedRead
from search.answers import Answers
from search.conditions import (
    PRICE_FACET,
    Wording,
    filter_conditions,
    text_conditions,
)
from search.errors import SearchUnavailableError
from search.models import Synonym, split_wordings
from search.requests import SearchRequest
from search.text import Clause, read_clauses, split_words, write_clauses

logger = structlog.get_logger(__name__)

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
MOST_KEPT = 50_000  # pairs of numbers, in answers that a process remembers: some MB
EMPTY_WEIGHT = 10  # of an answer that holds nothing, in pairs
PAIR_LENGTH = 100  # bytes
TOP_SUGGESTIONS = 50  # of which the best titles are shown
Counts = Sequence[tuple[str, int]]
Asked = tuple[str, tuple[str, ...], tuple[int, ...]]  # request, synonyms, hidden ids

_SYNONYMS = PreparedRead(
    lambda: Synonym.objects.active().values_list("words", flat=True)
)
_HIDDEN = PreparedRead(
    lambda: (
        ProductChange.objects.unlisted().values_list("product", flat=True).distinct()
    )
)


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


def search_products(wanted: SearchRequest) -> Found:
    """Search; at most 2 queries to the database.

    One search finds, counts and counts values; one more does for each facet of which
    something is chosen. A word that no product has is looked for in another spelling.
    What was asked before, and nothing has changed since, is known.

    Raises:
        SearchUnavailableError: There is no index, or its engine fails.
    """
    clauses = read_clauses(wanted.query)
    synonyms = tuple(_SYNONYMS()) if clauses else ()
    hidden = tuple(_HIDDEN())
    with engine_errors():
        return _FOUND.get(
            (repr(wanted), synonyms, hidden),
            lambda: _search(wanted, clauses, synonyms, hidden),
        )


def _weight(asked: Asked, found: Found) -> int:
    """Return how much it takes to keep an answer, in pairs.

    What is hidden may be many: as long as the index has not followed an import.
    """
    request, synonyms, hidden = asked
    texts = (request, *synonyms)
    return (
        EMPTY_WEIGHT
        + found.weight()
        + sum(1 + len(text) // PAIR_LENGTH for text in texts)
        + len(hidden)
    )


def suggest_titles(start: str) -> Sequence[int]:
    """Return ids of products with a title whose words begin so, best first.

    Raises:
        SearchUnavailableError: There is no index, or its engine fails.
    """
    words = split_words(start)
    if not words:
        return []
    with engine_errors():
        return _SUGGESTED.get(tuple(words), lambda: _suggest(words))


def is_available() -> bool:
    """Tell whether a search can be answered now; the answer "no" is nothing to log."""
    try:
        SearchQuerySet().count()
    except DatabaseError:
        raise
    except Exception:  # noqa: BLE001 - engines raise what their libraries do
        return False
    return True


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn whatever an engine or its library raises into one answer.

    Raises:
        SearchUnavailableError: See the class; the cause is logged.
    """
    try:
        yield
    except (DomainError, DatabaseError):
        raise
    except Exception as error:
        logger.warning("search_failed", exc_info=True)
        msg = "The search is not available right now. Everything else works."
        raise SearchUnavailableError(msg) from error


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


class FoundKeys:
    """The matches of a search, as a paginator wants them."""

    ordered = True

    def __init__(self, found: Found, wanted: SearchRequest) -> None:
        self._found = found
        self._wanted = wanted

    def count(self) -> int:
        """Return the number of matches, known already."""
        return self._found.count

    def __getitem__(self, cut: slice) -> Sequence[tuple[int, float]]:
        """Return id and score of a page's matches; 1 search for another page."""
        limit = cut.stop - cut.start
        if cut.start != self._wanted.start:
            other = replace(self._wanted, start=cut.start, limit=limit, facets=())
            return search_products(other).matches
        return self._found.matches[:limit]


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


def _search(
    wanted: SearchRequest,
    clauses: Sequence[Clause],
    synonyms: Sequence[str],
    hidden: Sequence[int],
) -> Found:
    """Search, and where nothing is found, in another spelling."""
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


def _suggest(words: Sequence[str]) -> list[int]:
    """Search for titles with words that begin so."""
    query = _query(SQ(title_start=word) for word in words)
    query.set_limits(0, TOP_SUGGESTIONS)
    return [match.pk for match in query.get_results()]


def _query(conditions: Iterable[SQ]) -> BaseSearchQuery:
    """Return a search with these conditions that has not run."""
    query = connections[DEFAULT_ALIAS].get_query()
    query.set_result_class(Match)
    for condition in conditions:
        query.add_filter(SQ(condition))
    return query


def get_backend() -> Any:  # noqa: ANN401 - each engine has another
    """Return what reads and writes the index."""
    return connections[DEFAULT_ALIAS].get_backend()


def _state() -> Hashable:
    """Return what changes whenever the index does; None if the engine cannot tell."""
    backend = get_backend()
    return backend.state() if hasattr(backend, "state") else None


_FOUND = Answers(_state, _weight, MOST_KEPT)
_SUGGESTED: Answers[Sequence[int]] = Answers(
    _state, lambda _words, found: EMPTY_WEIGHT + len(found), MOST_KEPT
)


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


def public_rows(matches: Sequence[tuple[int, float]]) -> list[ProductRow]:
    """Read the products of matches, in their order; 1 query.

    What nobody may see is left out, whatever the index says.
    """
    rows = product_rows([pk for pk, _ in matches])
    return [rows[pk] for pk, _ in matches if pk in rows]
