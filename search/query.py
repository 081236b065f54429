"""Haystack's conditions as Xapian queries.

Only what ``search.matching`` asks for: words and phrases in fields of text, exact
values, ranges of numbers, and words that begin in some way.
"""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Any, NamedTuple

import xapian
from haystack.backends import SearchNode
from haystack.constants import DJANGO_ID
from haystack.exceptions import HaystackError
from xapian_backend import XapianSearchQuery

from search.columns import Fits, attribute_column
from search.writing import (
    COMPARED,
    COUNTED,
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


class Lookup(NamedTuple):
    """A condition that can be looked up in a column.

    Attributes:
        column: Its name.
        fits: Tells whether a product with such values matches.
        query: The same as a condition of Xapian's.
        is_slow: Xapian reads a whole slot for it.
    """

    column: str
    fits: Fits
    query: xapian.Query
    is_slow: bool = False


class Query(XapianSearchQuery):
    """One search; conditions other than words filter, and do not weigh."""

    def build_query(self) -> xapian.Query:
        """Return the whole condition but for what the engine may look up.

        What must not be comes last: to be sought among all products is slow.
        """
        parts, unwanted = [], []
        for node, child in _required(self.query_filter):
            if isinstance(child, SearchNode) and child.negated:
                unwanted.append(self._inside(child))
            elif _column_of(node, child) is None:
                parts.append(self._part(node, child))
        everything = xapian.Query.MatchAll
        whole = xapian.Query(xapian.Query.OP_AND, parts) if parts else everything
        if not unwanted:
            return whole
        none_of = xapian.Query(xapian.Query.OP_OR, unwanted)
        return xapian.Query(xapian.Query.OP_AND_NOT, whole, none_of)

    def build_params(self, *arguments: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401
        """Add what the engine may look up."""
        params: dict[str, Any] = super().build_params(*arguments, **options)
        lookups = [
            self._lookup(column, node, *child)
            for node, child in _required(self.query_filter)
            if (column := _column_of(node, child)) is not None
        ]
        return params | {"lookups": lookups}

    def _node(self, node: SearchNode) -> xapian.Query:
        """Return a node with all below it."""
        whole = self._inside(node)
        if not node.negated:
            return whole
        everything = xapian.Query.MatchAll
        return xapian.Query(xapian.Query.OP_AND_NOT, everything, whole)

    def _inside(self, node: SearchNode) -> xapian.Query:
        """Return what a node holds, negated or not."""
        parts = [self._part(node, child) for child in node.children]
        either = node.connector == SearchNode.OR
        operator = xapian.Query.OP_OR if either else xapian.Query.OP_AND
        return xapian.Query(operator, parts)

    def _part(self, node: SearchNode, child: Any) -> xapian.Query:  # noqa: ANN401
        """Return a node below another, or a comparison of its own."""
        if isinstance(child, SearchNode):
            return self._node(child)
        return self._condition(node, *child)

    def _lookup(
        self,
        column: str,
        node: SearchNode,
        expression: str,
        value: Any,  # noqa: ANN401
    ) -> Lookup:
        """Return a comparison of a field that has a column."""
        field, kind = node.split_expression(expression)
        query = self._condition(node, expression, value)
        if field in COMPARED:
            ends = {"gte": (value, inf), "lte": (-inf, value)}
            lowest, highest = ends.get(kind) or value
            return Lookup(column, _between(lowest, highest), query, is_slow=True)
        chosen = value if field in COUNTED else [_value_of(term) for term in value]
        return Lookup(column, _any_of(frozenset(chosen)), query)

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


def _column_of(node: SearchNode, child: Any) -> str | None:  # noqa: ANN401
    """Return the column that a condition can be looked up in, if there is one."""
    if isinstance(child, SearchNode):
        return None
    field, kind = node.split_expression(child[0])
    if field in COMPARED or (field in COUNTED and kind == "in"):
        return str(field)
    if field == "attribute_exact" and kind == "in":
        codes = {term.partition("=")[0] for term in child[1]}
        return attribute_column(codes.pop()) if len(codes) == 1 else None
    return None


def _value_of(term: str) -> str:
    """Return an attribute's value as its column has it."""
    return term.partition("=")[2]


def _between(lowest: float, highest: float) -> Fits:
    """Fit a number that is not outside these."""

    def fits(values: Sequence[str]) -> bool:
        return lowest <= int(values[0]) <= highest

    return fits


def _any_of(chosen: frozenset[str]) -> Fits:
    """Fit products that have one of these."""

    def fits(values: Sequence[str]) -> bool:
        return not chosen.isdisjoint(values)

    return fits


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
