"""Searches, and what a process remembers of them."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import structlog
from django.db import DatabaseError
from haystack.query import SearchQuerySet

from custom.errors import DomainError
from search.answers import Answers
from search.errors import SearchUnavailableError
from search.matching import Found, find_products, find_titles, get_backend
from search.premises import Premises
from search.requests import SearchRequest
from search.text import read_clauses, split_words

logger = structlog.get_logger(__name__)

MOST_KEPT = 50_000  # pairs of numbers, in answers that a process remembers: some MB
EMPTY_WEIGHT = 10  # of an answer that holds nothing, in pairs
PAIR_LENGTH = 100  # bytes
Asked = tuple[str, Sequence[str], Sequence[int]]  # request, synonyms, hidden ids


def search_products(wanted: SearchRequest, premises: Premises) -> Found:
    """Search; what was asked before, and nothing has changed since, is known.

    Raises:
        SearchUnavailableError: There is no index, or its engine fails.
    """
    clauses = read_clauses(wanted.query)
    synonyms = premises.synonyms if clauses else ()
    hidden = premises.hidden
    with engine_errors():
        return _FOUND.get(
            _state,
            (repr(wanted), synonyms, hidden),
            lambda: find_products(wanted, clauses, synonyms, hidden),
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
        return _SUGGESTED.get(_state, tuple(words), lambda: find_titles(words))


def tells_changes() -> bool:
    """Tell whether every write to the index raises ``search.tags.SEARCH``."""
    return hasattr(get_backend(), "state")


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


class FoundKeys:
    """The matches of a search, as a paginator wants them."""

    ordered = True

    def __init__(self, found: Found, wanted: SearchRequest, premises: Premises) -> None:
        """Take what was found, and how."""
        self._found = found
        self._wanted = wanted
        self._premises = premises

    def count(self) -> int:
        """Return the number of matches, known already."""
        return self._found.count

    def __getitem__(self, cut: slice) -> Sequence[tuple[int, float]]:
        """Return id and score of a page's matches; 1 search for another page."""
        limit = cut.stop - cut.start
        if cut.start != self._wanted.start:
            other = replace(self._wanted, start=cut.start, limit=limit, facets=())
            return search_products(other, self._premises).matches
        return self._found.matches[:limit]


def _state() -> Hashable:
    """Return what changes whenever the index does; None if the engine cannot tell."""
    return get_backend().state() if tells_changes() else None


_FOUND = Answers(_weight, MOST_KEPT)
_SUGGESTED: Answers[Sequence[int]] = Answers(
    lambda _words, found: EMPTY_WEIGHT + len(found), MOST_KEPT
)
