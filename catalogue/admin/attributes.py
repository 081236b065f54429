"""Fields of forms made of what a product type defines."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.admin import widgets
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join

from catalogue.attributes import clean_attributes, label_of
from catalogue.errors import InvalidAttributesError
from catalogue.models import AttributeDefinition, Product, Variant

Kind = AttributeDefinition.Kind
PREFIX = "attribute_"  # of a field's name, before the code


class AttributesForm(forms.ModelForm[Any]):
    """A form with one typed field for each attribute of the product's type.

    Attributes:
        definitions: Every one that applies; ``with_attributes`` gives them fields.
        key_prefixes: How ``custom.edits`` finds the field of an attribute.
    """

    definitions: ClassVar[tuple[AttributeDefinition, ...]] = ()
    key_prefixes: ClassVar[dict[str, str]] = {"attributes": PREFIX}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values = self.instance.attributes
        for definition in self.definitions:
            value = values.get(definition.code)
            if definition.kind == Kind.DATE and value:
                value = date.fromisoformat(value)
            self.initial.setdefault(PREFIX + definition.code, value)

    def clean(self) -> dict[str, Any]:
        """Store the attributes in the row, or tell each fault beside its field."""
        values = super().clean() or self.cleaned_data
        given = {each.code: values.get(PREFIX + each.code) for each in self.definitions}
        try:
            self.instance.attributes = clean_attributes(self.definitions, given)
        except InvalidAttributesError as error:
            for fault in error.extra["attributes"]:  # type: ignore[attr-defined]
                name = PREFIX + fault["code"]
                if name not in self.errors:
                    self.add_error(name, fault["detail"])
        return values


def definitions_of(
    product_type_id: int | None, applies_to: AttributeDefinition.AppliesTo
) -> list[AttributeDefinition]:
    """Return what products or variants of a type may say, in order; 1 query."""
    if product_type_id is None:
        return []
    found = AttributeDefinition.objects.filter(
        product_type=product_type_id, applies_to=applies_to
    )
    return list(found.in_order())


def type_of(request: HttpRequest, row: Product | Variant | None) -> int | None:
    """Return the product type a form is for: the row's, or what the page names."""
    if isinstance(row, Variant):
        return row.product.product_type_id
    if row is not None:
        return row.product_type_id
    if (named := _number(request, "product_type")) is not None:
        return named
    product_id = _number(request, "product")
    if product_id is None:
        return None
    product = Product.objects.filter(pk=product_id)
    return product.values_list("product_type", flat=True).first()


def attributes_table(
    row: Product | Variant, definitions: Iterable[AttributeDefinition]
) -> str:
    """Return what a row says of itself as it is read, for who may not change it."""
    told = [
        (each.name, label_of(each, row.attributes[each.code]))
        for each in definitions
        if each.code in row.attributes
    ]
    if not told:
        return "-"
    lines = format_html_join("", '<tr><th scope="row">{}</th><td>{}</td></tr>', told)
    return format_html('<table class="attributes"><tbody>{}</tbody></table>', lines)


def _number(request: HttpRequest, name: str) -> int | None:
    """Return a key that was posted, or stands in the address."""
    text = request.POST.get(name) or request.GET.get(name) or ""
    return int(text) if text.isascii() and text.isdecimal() else None


def names_of(definitions: Iterable[AttributeDefinition]) -> tuple[str, ...]:
    """Return the names of the fields, in order."""
    return tuple(PREFIX + definition.code for definition in definitions)


def with_attributes(
    form: type[AttributesForm], definitions: Iterable[AttributeDefinition]
) -> type[AttributesForm]:
    """Return the form with a field for each definition."""
    kept = tuple(definitions)
    fields = {PREFIX + each.code: _field(each) for each in kept}
    made = type(form.__name__, (form,), fields | {"definitions": kept})
    return cast("type[AttributesForm]", made)


def _field(definition: AttributeDefinition) -> forms.Field:
    """Return the field that takes just the values of one attribute."""
    label, required = definition.name, definition.is_required
    match definition.kind:
        case Kind.INTEGER:
            return forms.IntegerField(label=label, required=required)
        case Kind.DECIMAL:
            return _PlainDecimalField(label=label, required=required)
        case Kind.BOOLEAN:
            return forms.NullBooleanField(label=label, required=required)
        case Kind.DATE:
            widget = widgets.AdminDateWidget()
            return forms.DateField(label=label, required=required, widget=widget)
        case Kind.CHOICE:
            options = [(each["value"], each["label"]) for each in definition.options]
            choices = [("", "-"), *options]
            return forms.ChoiceField(label=label, required=required, choices=choices)
    text = widgets.AdminTextInputWidget()
    return forms.CharField(label=label, required=required, widget=text)


class _PlainDecimalField(forms.DecimalField):
    """A number as it is stored: text, every digit kept."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(Decimal(initial) if initial else None, data)
