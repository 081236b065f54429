"""Searches: what was asked becomes conditions, what was found becomes products.

Only Haystack's own vocabulary is used, so that each of its engines can answer.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from django.db import DatabaseError
from haystack import connections
from haystack.backends import SQ
from haystack.constants import DEFAULT_ALIAS, DJANGO_ID
from haystack.query import SearchQuerySet

from catalogue.attribute_terms import ATTRIBUTE_PREFIX
from catalogue.models import ProductChange
from catalogue.rows import ProductRow
from catalogue.selectors import product_rows
from custom.errors import DomainError
from custom.prepared import PreparedRead
from search.errors import SearchUnavailableError
from search.models import Synonym, split_wordings
from search.text import Clause, read_clauses, split_words, write_clauses

logger = structlog.get_logger(__name__)

TEXT_FIELDS = ("title", "details", "content")
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
PRICE_FACET = "price"
TOP_SUGGESTIONS = 50  # of which the best titles are shown
Wording = tuple[str, ...]

_SYNONYMS = PreparedRead(
    lambda: Synonym.objects.active().values_list("words", flat=True)
)
_HIDDEN = PreparedRead(
    lambda: (
        ProductChange.objects.unlisted().values_list("product", flat=True).distinct()
    )
)


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """What somebody looks for; several values of one filter are alternatives.

    Attributes:
        query: As it was typed.
        categories, partners: Ids; products below a category count.
        attributes: Code -> terms of values, as ``search.documents.token`` makes them.
        price_min, price_max: Minor units, both included.
        ordering: A key of ``ORDERINGS``; empty for the best first.
        facets: ``category``, ``partner``, ``price``, ``attr.<code>``.
        start, limit: Which matches are read at once.
    """

    query: str = ""
    categories: Collection[int] = ()
    partners: Collection[int] = ()
    attributes: Mapping[str, Collection[str]] = field(default_factory=dict)
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool | None = None
    ordering: str = ""
    facets: Sequence[str] = ()
    start: int = 0
    limit: int = 1


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found, before any of it is read from the database.

    Attributes:
        rows: The matches; those of the page have been read.
        count: Products that match.
        facets: Facet -> (value, number), most frequent first.
        suggestion: The query with other words, where what was typed finds nothing
            and those do: this is then about what they find. Else None.
        is_fruitless: What was typed finds nothing.
    """

    count: int
    facets: dict[str, list[tuple[str, int]]]
    suggestion: str | None
    is_fruitless: bool
    rows: SearchQuerySet


def search_products(wanted: SearchRequest) -> Found:
    """Search; at most 2 queries to the database.

    One search finds, counts and counts values; one more does for each facet of which
    something is chosen. A word that no product has is looked for in another spelling.

    Raises:
        SearchUnavailableError: There is no index, or its engine fails.
    """
    clauses = read_clauses(wanted.query)
    synonyms = [split_wordings(words) for words in _SYNONYMS()] if clauses else []
    hidden = _HIDDEN()
    with engine_errors():
        search = _Search(wanted, clauses, synonyms, hidden)
        rows, suggestion = search.rows(), None
        is_fruitless = bool(clauses) and not rows.count()
        if is_fruitless:
            suggestion = search.suggestion()
        if suggestion:
            better = replace(wanted, query=suggestion)
            search = _Search(better, read_clauses(suggestion), synonyms, hidden)
            rows = search.rows()
            suggestion = suggestion if rows.count() else None
        return Found(
            count=rows.count(),
            facets=search.facets(rows),
            suggestion=suggestion,
            is_fruitless=is_fruitless,
            rows=rows,
        )


def suggest_titles(start: str) -> list[int]:
    """Return ids of products with a title whose words begin so, best first.

    Raises:
        SearchUnavailableError: There is no index, or its engine fails.
    """
    words = split_words(start)
    if not words:
        return []
    with engine_errors():
        found = _everything()
        for word in words:
            found = found.filter(title_start=word)
        return [match.pk for match in found[:TOP_SUGGESTIONS]]


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


def _everything() -> SearchQuerySet:
    """Return a search that has no condition yet."""
    search = SearchQuerySet()
    search.query.set_result_class(Match)
    return search


class FoundKeys:
    """The matches of a search, as a paginator wants them."""

    ordered = True

    def __init__(self, found: Found) -> None:
        self._found = found

    def count(self) -> int:
        """Return the number of matches, known already."""
        return self._found.count

    def __getitem__(self, cut: slice) -> list[tuple[int, float]]:
        """Return id and score of a page's matches; 1 search for another page."""
        with engine_errors():
            return [(each.pk, each.score) for each in self._found.rows[cut]]


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
        self._text = _everything()
        for condition in _conditions(clauses, synonyms):
            self._text = self._text.filter(condition)
        if hidden:  # the index has not heard yet that nobody may see them
            self._text = self._text.exclude(**{f"{DJANGO_ID}__in": hidden})
        self._filters = _filters(wanted)

    def rows(self) -> SearchQuerySet:
        """Search for the page, with facets of which nothing is chosen."""
        ordering = self._wanted.ordering or UNSORTED[not self._clauses]
        rows = self._narrowed().order_by(*ORDERINGS[ordering])
        rows = _counting(rows, self._unchosen())
        start = self._wanted.start
        rows[start : start + self._wanted.limit]  # it knows all the rest from now on
        return rows

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
        search = self._text.all()
        search.query.set_limits(0, 0)
        words = split_words(search.spelling_suggestion(" ".join(asked)) or "")
        if words == asked or len(words) != len(asked):
            return None
        return write_clauses(self._clauses, words)

    def facets(self, rows: SearchQuerySet) -> dict[str, list[tuple[str, int]]]:
        """Return the numbers of values, each facet's as if nothing of it were chosen.

        Args:
            rows: What ``rows`` has found.
        """
        others = self._unchosen()
        counted = _counts(rows, others) if others else {}
        for name in self._wanted.facets:
            if name not in counted:
                counted |= self._counted_alone(name)
        return {name: counted[name] for name in self._wanted.facets}

    def _unchosen(self) -> list[str]:
        """Return the facets that nothing is narrowed by."""
        return [name for name in self._wanted.facets if name not in self._filters]

    def _counted_alone(self, name: str) -> dict[str, list[tuple[str, int]]]:
        """Count the values of one facet without its own filter; 1 search."""
        search = _counting(self._narrowed(name), [name])
        search.query.set_limits(0, 0)  # numbers alone: no match is read
        return _counts(search, [name])

    def _narrowed(self, left_out: str | None = None) -> SearchQuerySet:
        """Apply every filter, or all but one facet's."""
        search = self._text.all()  # a query that has run keeps its answers
        for name, condition in self._filters.items():
            if name != left_out:
                search = search.filter(condition)
        return search


def _conditions(
    clauses: Sequence[Clause], synonyms: Sequence[Sequence[Wording]]
) -> Iterator[SQ]:
    """Return what a product must have of what was typed, each in any wording."""
    place = 0
    while place < len(clauses):
        clause = clauses[place]
        wordings, length = _same(clauses, place, synonyms)
        if clause.is_unwanted:
            yield ~_has(clause.words)
        elif wordings:
            yield _any(_has(wording) for wording in wordings)
        else:
            yield _has(clause.words)
        place += length


def _same(
    clauses: Sequence[Clause], place: int, synonyms: Sequence[Sequence[Wording]]
) -> tuple[list[Wording], int]:
    """Return wordings for what stands here, and how many clauses they stand for."""
    best: list[Wording] = []
    length = 1
    for group in synonyms:
        for wording in group:
            here = clauses[place : place + len(wording)]
            plain = [each.words for each in here if not each.is_unwanted]
            one_phrase = clauses[place].words == wording
            if clauses[place].is_unwanted or not (
                one_phrase or plain == [(word,) for word in wording]
            ):
                continue
            span = 1 if one_phrase else len(wording)
            if span >= length:
                best = [*(best if span == length else ()), *group]
                length = span
    return list(dict.fromkeys(best)), length


def _has(words: Wording) -> SQ:
    """Return the condition that a product has a word, or words side by side."""
    if len(words) == 1:
        return _any(SQ(**{name: words[0]}) for name in TEXT_FIELDS)
    phrase = " ".join(words)
    return _any(SQ(**{f"{name}__exact": phrase}) for name in TEXT_FIELDS)


def _any(conditions: Iterable[SQ]) -> SQ:
    either = SQ()
    for condition in conditions:
        either |= condition
    return either


def _filters(wanted: SearchRequest) -> dict[str, SQ]:
    """Return the conditions of the filters, by the facet that each belongs to."""
    filters: dict[str, SQ] = {}
    if wanted.categories:
        chosen = [str(pk) for pk in wanted.categories]
        filters["category"] = SQ(category_exact__in=chosen)
    if wanted.partners:
        filters["partner"] = SQ(partner_exact__in=[str(pk) for pk in wanted.partners])
    for code, terms in wanted.attributes.items():
        filters[f"{ATTRIBUTE_PREFIX}{code}"] = SQ(attribute_exact__in=list(terms))
    if wanted.in_stock is not None:
        filters["in_stock"] = SQ(in_stock=wanted.in_stock)
    if (wanted.price_min, wanted.price_max) != (None, None):
        # No price is below every price: it is never between two.
        prices = SQ(price__gte=wanted.price_min or 0)
        if wanted.price_max is not None:
            prices &= SQ(price__lte=wanted.price_max)
        filters[PRICE_FACET] = prices
    return filters


def _counting(search: SearchQuerySet, names: Sequence[str]) -> SearchQuerySet:
    """Have a search that has not run count the values of facets; it is changed."""
    codes = [name.removeprefix(ATTRIBUTE_PREFIX) for name in names if _code(name)]
    for name in names:
        if not _code(name):
            search.query.add_field_facet(_field(name), **_facet_options())
    if codes:
        search.query.add_field_facet("attribute", **_facet_options(codes))
    return search


def _counts(
    search: SearchQuerySet, names: Sequence[str]
) -> dict[str, list[tuple[str, int]]]:
    """Return what a search has counted of facets."""
    fields = search.facet_counts().get("fields", {})
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
    backend = connections[DEFAULT_ALIAS].get_backend()
    name = type(backend).__name__
    if name.startswith("Elasticsearch"):
        return {"size": MOST_VALUES}
    if name.startswith("Solr"):
        return {"limit": MOST_VALUES}
    return {"codes": codes} if codes else {}


def _values(
    fields: Mapping[str, Sequence[tuple[str, int]]], facet: str
) -> list[tuple[str, int]]:
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
