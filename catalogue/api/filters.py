"""What a product list may be narrowed and sorted by."""

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_field

from catalogue.attribute_terms import (
    ATTRIBUTE_PREFIX,
    InvalidTermError,
    Term,
    read_terms,
)
from catalogue.attributes import Definition
from catalogue.lists import whole_list
from catalogue.models import AttributeDefinition, Category
from catalogue.querysets import (
    DEFAULT_ORDERING,
    ORDERINGS,
    WHOLE_SHOP,
    Narrowing,
    ProductListingQuerySet,
    WantedValues,
)
from custom.api.filters import FilterSet, IdsFilter
from custom.fields import MONEY_DECIMAL_PLACES, MONEY_MAX_DIGITS
from partner.models import Partner

ATTRIBUTE_PARAMETER = OpenApiParameter(
    "attributes",  # a name for programs: what is sent are the members
    {
        "type": "object",
        "propertyNames": {"pattern": f"^{re.escape(ATTRIBUTE_PREFIX)}"},
        "additionalProperties": {"type": "string"},
    },
    style="form",
    explode=True,
    description="`attr.<code>=<value>`: a value of an attribute, or `from..to`; "
    "repeated: any of them.",
)
PRICES = ("price_min", "price_max")
NARROWING = ("id", *PRICES, "in_stock", "partner")
MAX_VALUES = 50  # of one attribute


def attribute_parameters(query: Iterable[str]) -> list[str]:
    """Return the names of parameters that name attributes, known or not."""
    return [name for name in query if name.startswith(ATTRIBUTE_PREFIX)]


def read_definitions(parameters: Sequence[str]) -> dict[str, list[AttributeDefinition]]:
    """Return code -> its definitions, one for each type with it; 1 query if any."""
    found: dict[str, list[AttributeDefinition]] = {}
    if not parameters:
        return found
    codes = [name.removeprefix(ATTRIBUTE_PREFIX) for name in parameters]
    for definition in AttributeDefinition.objects.filter(code__in=codes):
        found.setdefault(definition.code, []).append(definition)
    return found


class TruthField(forms.Field):
    """Reads ``true`` or ``false`` and nothing else."""

    def to_python(self, value: str | None) -> bool | None:
        """Return the truth value, or None when the parameter is empty."""
        if not value:
            return None
        try:
            return {"true": True, "false": False}[value.lower()]
        except KeyError:
            msg = 'Give "true" or "false".'
            raise ValidationError(msg, code="invalid") from None


class RowField(forms.Field):
    """Reads the id or the name of a row."""

    def __init__(self, *, find: Callable[[str], QuerySet[Any]], **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self.find = find

    def to_python(self, value: str | None) -> Model | None:
        """Return the row, or None when the parameter is empty; 1 query."""
        if not value:
            return None
        row = self.find(value).first()
        if row is None:
            msg = "There is no %(value)s."
            params = {"value": value[:100]}
            raise ValidationError(msg, code="does-not-exist", params=params)
        return row


class AttributeField(forms.Field):
    """Reads the values of a repeated ``attr.<code>``, each a value or ``from..to``."""

    widget = forms.MultipleHiddenInput  # all values of the parameter

    def __init__(
        self,
        *,
        definitions: Sequence[Definition],
        **options: Any,  # noqa: ANN401
    ) -> None:
        """Take the definitions of the code, none if nothing has such an attribute."""
        super().__init__(**options)
        self.definitions = definitions

    def to_python(self, value: list[str] | None) -> list[Term]:
        """Return what any of is wanted; empty values are left out."""
        if not self.definitions:
            msg = "There is no such attribute."
            raise ValidationError(msg, code="unknown-attribute")
        texts = [text for text in value or () if text]
        if len(texts) > MAX_VALUES:
            msg = f"Give at most {MAX_VALUES} values."
            raise ValidationError(msg, code="too-many")
        terms: list[Term] = []
        faults: list[ValidationError] = []
        for text in texts:
            try:
                terms += read_terms(self.definitions, text)
            except InvalidTermError as error:
                params = {"detail": error.detail}  # itself may have a % in it
                faults.append(ValidationError("%(detail)s", error.code, params))
        if faults:
            raise ValidationError(faults)
        return list(dict.fromkeys(terms))


class AttributeFilter(django_filters.Filter):
    """A filter by an attribute that products of some types have."""

    field_class = AttributeField

    def filter(
        self, qs: ProductListingQuerySet, value: list[Term]
    ) -> ProductListingQuerySet:
        """Keep all rows: the set applies the attributes where pages are cut."""
        return qs


@extend_schema_field(OpenApiTypes.BOOL)
class TruthFilter(django_filters.Filter):
    """A filter whose value is true or false."""

    field_class = TruthField


@extend_schema_field({"type": "string", "description": "An id, or a slug or code."})
class RowFilter(django_filters.Filter):
    """A filter whose value is a row, named by id or otherwise."""

    field_class = RowField


class PriceFilter(django_filters.NumberFilter):
    """A filter whose value is an amount that the database can hold."""

    def __init__(self, *, method: str, help_text: str) -> None:
        super().__init__(
            method=method,
            help_text=help_text,
            min_value=0,
            max_digits=MONEY_MAX_DIGITS,
            decimal_places=MONEY_DECIMAL_PLACES,
        )


class ProductFilterSet(FilterSet):
    """The parameters of ``GET /api/product/``, over rows of ``ProductListing``."""

    id = IdsFilter(field_name="product", lookup_expr="in")
    category = RowFilter(
        find=lambda key: Category.objects.public().find_by_any_slug(key),
        method="keep",
    )
    price_min = PriceFilter(method="from_price", help_text="At least this.")
    price_max = PriceFilter(method="to_price", help_text="At most this.")
    in_stock = TruthFilter(method="by_stock", help_text="A unit lies ready.")
    partner = RowFilter(
        find=lambda key: Partner.objects.active().find(key),
        method="of_partner",
    )
    ordering = django_filters.ChoiceFilter(
        choices=[(name, name) for name in ORDERINGS],
        method="keep",
        help_text=f"Default: `{DEFAULT_ORDERING}`. Without a price: last.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Add a filter for each attribute that is named; then 1 query."""
        super().__init__(*args, **kwargs)
        names = attribute_parameters(self.data)
        definitions = read_definitions(names)
        for name in names:
            found = definitions.get(name.removeprefix(ATTRIBUTE_PREFIX), ())
            self.filters[name] = AttributeFilter(definitions=found)

    def filter_queryset(self, queryset: ProductListingQuerySet) -> Any:  # noqa: ANN401
        """Pick the list, narrow it, and sort it even when nobody said how.

        Returns:
            The rows with their ``narrowing``; a whole list is read without being built.
        """
        values = self.form.cleaned_data
        category: Category | None = values.get("category")
        scope = category.pk if category else WHOLE_SHOP
        ordering = values.get("ordering") or DEFAULT_ORDERING
        is_whole = all(values.get(name) in (None, "") for name in NARROWING)
        found: Any
        if is_whole:
            found = whole_list(scope, ordering)
        else:
            found = self._sorted(super().filter_queryset(queryset.in_scope(scope)))
        found.narrowing = Narrowing(
            scope=scope,
            ordering=ordering,
            attributes=tuple(self._wanted_values()),
            is_whole=is_whole,
        )
        return found

    def _sorted(self, rows: ProductListingQuerySet) -> ProductListingQuerySet:
        """Sort what was narrowed."""
        values = self.form.cleaned_data
        ordering = values.get("ordering") or DEFAULT_ORDERING
        is_priced = any(values.get(name) is not None for name in PRICES)
        if ordering == "-price" and is_priced:
            return rows.by_price().reverse()
        return ORDERINGS[ordering](rows)

    def _wanted_values(self) -> Iterable[WantedValues]:
        """List the attributes named with a value."""
        for name in attribute_parameters(self.data):
            terms: list[Term] = self.form.cleaned_data[name]
            if terms:
                spans = tuple(dict.fromkeys(term.span for term in terms))
                yield WantedValues(name.removeprefix(ATTRIBUTE_PREFIX), spans)

    def keep(
        self, rows: ProductListingQuerySet, name: str, value: object
    ) -> ProductListingQuerySet:
        """Keep all rows: ``filter_queryset`` has read the parameter itself."""
        return rows

    def from_price(
        self, rows: ProductListingQuerySet, name: str, amount: Decimal
    ) -> ProductListingQuerySet:
        """Keep products that cost an amount or more."""
        return rows.priced(at_least=amount)

    def to_price(
        self, rows: ProductListingQuerySet, name: str, amount: Decimal
    ) -> ProductListingQuerySet:
        """Keep products that cost an amount or less."""
        return rows.priced(at_most=amount)

    def by_stock(
        self,
        rows: ProductListingQuerySet,
        name: str,
        wanted: bool,  # noqa: FBT001
    ) -> ProductListingQuerySet:
        """Keep products that are in stock, or that are not."""
        return rows.filter(in_stock=wanted)

    def of_partner(
        self, rows: ProductListingQuerySet, name: str, partner: Partner
    ) -> ProductListingQuerySet:
        """Keep products that a partner offers."""
        return rows.offered_by(partner.pk, settings.SHOP_CURRENCY)
