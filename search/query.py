"""Haystack's conditions as Xapian queries.

Only what ``search.matching`` asks for: words and phrases in fields of text, exact
values, ranges of numbers, and words that begin in some way.
"""

from collections.abc import Iterator
from math import inf
from typing import Any, NamedTuple

import xapian
from haystack.backends import SearchNode
from haystack.constants import DJANGO_ID
from haystack.exceptions import HaystackError
from xapian_backend import XapianSearchQuery

from search.writing import (
    COMPARED,
    ID_PREFIX,
    TEXT_PREFIXES,
    TOKEN_PREFIXES,
    as_term,
    as_value,
    make_stemmer,
    stem_prefix,
)

CONTENT = "content"  # Haystack's name of the document field, ``text``
TITLE_START = "title_start"
# A word in a title tells more than one in an attribute, and that than the rest.
WEIGHTS = {"title": 8.0, "details": 3.0, "text": 1.0}
EXPANSIONS = 200  # words that one beginning may stand for


class Bound(NamedTuple):
    """What a field that has a column must be between, both ends included.

    Attributes:
        query: The same as a condition of Xapian's.
    """

    field: str
    lowest: float
    highest: float
    query: xapian.Query


class Query(XapianSearchQuery):
    """One search; conditions other than words filter, and do not weigh."""

    def build_query(self) -> xapian.Query:
        """Return the whole condition but for bounds: those are for the engine."""
        parts = [
            self._part(node, child)
            for node, child in _required(self.query_filter)
            if not _is_bound(node, child)
        ]
        if not parts:
            return xapian.Query.MatchAll
        return xapian.Query(xapian.Query.OP_AND, parts)

    def build_params(self, *arguments: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """Add the bounds."""
        params: dict[str, Any] = super().build_params(*arguments, **options)
        bounds = [
            self._bound(node, *child)
            for node, child in _required(self.query_filter)
            if _is_bound(node, child)
        ]
        return params | {"bounds": bounds}

    def _node(self, node: SearchNode) -> xapian.Query:
        """Return a node with all below it."""
        parts = [self._part(node, child) for child in node.children]
        either = node.connector == SearchNode.OR
        operator = xapian.Query.OP_OR if either else xapian.Query.OP_AND
        whole = xapian.Query(operator, parts)
        if not node.negated:
            return whole
        everything = xapian.Query.MatchAll
        return xapian.Query(xapian.Query.OP_AND_NOT, everything, whole)

    def _part(self, node: SearchNode, child: Any) -> xapian.Query:  # noqa: ANN401
        """Return a node below another, or a comparison of its own."""
        if isinstance(child, SearchNode):
            return self._node(child)
        return self._condition(node, *child)

    def _bound(self, node: SearchNode, expression: str, value: Any) -> Bound:  # noqa: ANN401
        """Return a comparison as what a value is between."""
        field, kind = node.split_expression(expression)
        ends = {"gte": (value, inf), "lte": (-inf, value)}
        lowest, highest = ends.get(kind) or value
        return Bound(field, lowest, highest, self._condition(node, expression, value))

    def _condition(self, node: SearchNode, expression: str, value: Any) -> xapian.Query:  # noqa: ANN401
        """Return one comparison of a field."""
        field, kind = node.split_expression(expression)
        field = "text" if field == CONTENT else field
        if field == TITLE_START:
            return _beginning(value)
        if field in TEXT_PREFIXES:
            words = _phrase if kind == "exact" else _word
            part = words(TEXT_PREFIXES[field], value)
            return xapian.Query(xapian.Query.OP_SCALE_WEIGHT, part, WEIGHTS[field])
        if field in TOKEN_PREFIXES or field == DJANGO_ID:
            return _filter(_tokens(field, kind, value))
        return _filter(self._range(field, kind, value))

    def _range(self, field: str, kind: str, value: Any) -> xapian.Query:  # noqa: ANN401
        """Return a comparison of numbers."""
        slot = self.backend.column[field]
        if kind == "range":
            ends = map(as_value, value)
            return xapian.Query(xapian.Query.OP_VALUE_RANGE, slot, *ends)
        operators = {
            "gte": xapian.Query.OP_VALUE_GE,
            "lte": xapian.Query.OP_VALUE_LE,
        }
        if kind not in operators:
            msg = f"{field} cannot be compared by {kind}"
            raise HaystackError(msg)
        return xapian.Query(operators[kind], slot, as_value(value))


def _required(node: SearchNode) -> Iterator[tuple[SearchNode, Any]]:
    """Yield each condition without which nothing matches, after the node it is of."""
    if node.negated or (node.connector == SearchNode.OR and len(node) > 1):
        yield node, node
        return
    for child in node.children:
        if isinstance(child, SearchNode):
            yield from _required(child)
        else:
            yield node, child


def _is_bound(node: SearchNode, child: Any) -> bool:  # noqa: ANN401
    """Tell whether a condition compares a field that has a column."""
    return (
        not isinstance(child, SearchNode)
        and node.split_expression(child[0])[0] in COMPARED
    )


def _filter(query: xapian.Query) -> xapian.Query:
    """Let a condition decide without weighing."""
    return xapian.Query(xapian.Query.OP_SCALE_WEIGHT, query, 0)


def _word(prefix: str, word: str) -> xapian.Query:
    """Find a word in every form; the form that was typed counts twice."""
    stem = make_stemmer()(word).decode()
    forms = [f"{prefix}{word}", f"{stem_prefix(prefix)}{stem}"]
    return xapian.Query(xapian.Query.OP_OR, forms)


def _phrase(prefix: str, phrase: str) -> xapian.Query:
    """Find words side by side, in this order and form."""
    terms = [f"{prefix}{word}" for word in phrase.split()]
    return xapian.Query(xapian.Query.OP_PHRASE, terms)


def _beginning(start: str) -> xapian.Query:
    """Find titles with a word that begins so."""
    return xapian.Query(
        xapian.Query.OP_WILDCARD,
        f"{TEXT_PREFIXES['title']}{start}",
        EXPANSIONS,
        xapian.Query.WILDCARD_LIMIT_MOST_FREQUENT,
        xapian.Query.OP_OR,
    )


def _tokens(field: str, kind: str, value: Any) -> xapian.Query:  # noqa: ANN401
    """Find products with one of these values."""
    prefix = TOKEN_PREFIXES.get(field, ID_PREFIX)
    values = value if kind == "in" else [value]
    terms = [f"{prefix}{as_term(each)}" for each in values]
    return xapian.Query(xapian.Query.OP_OR, terms)
