"""Reads the query parameters of a search, each fault with its pointer."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail

from catalogue.api.filters import (
    MAX_VALUES,
    AttributeField,
    RowField,
    TruthField,
    attribute_parameters,
)
from catalogue.attribute_terms import ATTRIBUTE_PREFIX, Term
from catalogue.attributes import Definition, JsonValue
from catalogue.models import AttributeDefinition, Category
from custom.api.problems import QueryParameterError
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from partner.models import Partner
from search.conditions import PRICE_FACET
from search.documents import minor_units, token
from search.matching import ORDERINGS
from search.requests import SearchRequest

MAX_QUERY_LENGTH = 200
MAX_FACETS = 20
LONGEST_RANGE = 200  # whole numbers of ``from..to``
PLAIN_FACETS = ("category", "partner", PRICE_FACET)
AMOUNT = forms.DecimalField(
    min_value=0,
    max_digits=MONEY_MAX_DIGITS,
    decimal_places=MONEY_DECIMAL_PLACES,
    required=False,
)
TRUTH = TruthField(required=False)
CATEGORY = RowField(
    find=lambda key: Category.objects.public().find_by_any_slug(key), required=False
)
PARTNER = RowField(find=lambda key: Partner.objects.active().find(key), required=False)
Kind = AttributeDefinition.Kind
Definitions = Mapping[str, Sequence[Definition]]


class Reader:
    """Reads one request's parameters; collects what is wrong with them."""

    def __init__(self, query: QueryDict, definitions: Definitions) -> None:
        self._query = query
        self._definitions = definitions
        self._faults: dict[str, list[ErrorDetail]] = {}

    def read(self) -> SearchRequest:
        """Return what is wanted; 1 query for each category and partner named.

        Raises:
            QueryParameterError: It names every parameter at fault.
        """
        wanted = SearchRequest(
            query=self._text(),
            categories=self._rows("category", CATEGORY),
            partners=self._rows("partner", PARTNER),
            attributes=self._attributes(),
            price_min=self._amount("price_min", ROUND_CEILING),
            price_max=self._amount("price_max", ROUND_FLOOR),
            in_stock=self._clean("in_stock", TRUTH.clean, self._query.get("in_stock")),
            ordering=self._ordering(),
            facets=self._facets(),
        )
        if self._faults:
            raise QueryParameterError(self._faults)
        return wanted

    def _text(self) -> str:
        """Return what was typed."""
        text: str = self._query.get("q", "")
        if len(text) > MAX_QUERY_LENGTH:
            told = f"Ask with at most {MAX_QUERY_LENGTH} characters."
            self._refuse("q", told, "max_length")
        return text

    def _rows(self, name: str, field: RowField) -> list[int]:
        """Return the ids of the rows that a repeated parameter names."""
        rows = [self._clean(name, field.clean, key) for key in self._values(name)]
        return [row.pk for row in rows if row is not None]

    def _amount(self, name: str, rounding: str) -> int | None:
        """Return an amount in minor units, no price being between two of them."""
        amount = self._clean(name, AMOUNT.clean, self._query.get(name))
        if amount is None:
            return None
        return minor_units(amount, settings.SHOP_CURRENCY, rounding)

    def _ordering(self) -> str:
        """Return how matches are sorted, or an empty string."""
        ordering: str = self._query.get("ordering", "")
        if ordering and ordering not in ORDERINGS:
            told = f"Choose one of {', '.join(ORDERINGS)}."
            self._refuse("ordering", told, "invalid-choice")
        return ordering

    def _attributes(self) -> dict[str, list[str]]:
        """Return attribute code -> terms, each in the form it is stored in."""
        found: dict[str, list[str]] = {}
        for name in attribute_parameters(self._query):
            code = name.removeprefix(ATTRIBUTE_PREFIX)
            definitions = self._definitions.get(code, ())
            field = AttributeField(definitions=definitions, required=False)
            terms = self._clean(name, field.clean, self._query.getlist(name)) or ()
            values = [value for term in terms for value in self._values_of(name, term)]
            if values:
                found[code] = list(dict.fromkeys(token(code, each) for each in values))
        return found

    def _values_of(self, name: str, term: Term) -> Sequence[JsonValue]:
        """Return the values that a term stands for: an index has no ranges."""
        if not term.is_range:
            return [term.first]
        if term.kind == Kind.INTEGER:
            numbers = range(int(term.first), int(term.last) + 1)
            if len(numbers) <= LONGEST_RANGE:
                return numbers
        told = f"Give a range of at most {LONGEST_RANGE} whole numbers, as 1990..1999."
        self._refuse(name, told, "invalid-range")
        return []

    def _facets(self) -> list[str]:
        """Return the facets to count, each once."""
        text: str = self._query.get("facets", "")
        names = list(dict.fromkeys(filter(None, text.split(","))))
        unknown = [name for name in names if not self._is_facet(name)]
        if unknown:
            told = f"There is no facet {unknown[0][:100]}."
            self._refuse("facets", told, "unknown-facet")
        if len(names) > MAX_FACETS:
            self._refuse("facets", f"Ask for at most {MAX_FACETS}.", "too-many")
        return names

    def _is_facet(self, name: str) -> bool:
        """Tell whether values of this may be counted."""
        if not name.startswith(ATTRIBUTE_PREFIX):
            return name in PLAIN_FACETS
        code = name.removeprefix(ATTRIBUTE_PREFIX)
        return any(row.is_facet for row in self._definitions.get(code, ()))

    def _values(self, name: str) -> list[str]:
        """Return the values of a repeated parameter, empty ones left out."""
        values = [value for value in self._query.getlist(name) if value]
        if len(values) > MAX_VALUES:
            self._refuse(name, f"Give at most {MAX_VALUES} values.", "too-many")
            return []
        return values

    def _clean(
        self, name: str, clean: Callable[[Any], Any], text: str | list[str] | None
    ) -> Any:  # noqa: ANN401
        """Return what a form field makes of a parameter's text, or texts, if any."""
        if not text:
            return None
        try:
            return clean(text)
        except ValidationError as error:
            for each in error.error_list:
                self._refuse(name, " ".join(each.messages), each.code or "invalid")
            return None

    def _refuse(self, name: str, detail: str, code: str) -> None:
        self._faults.setdefault(name, []).append(ErrorDetail(detail, code))
