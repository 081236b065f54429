"""Serializers whose fields are looked at once, and not for every value shown.

REST framework copies and binds a serializer's fields for each request, and finds out
for each value how to fetch and to show it. Here a class is read once: each field
becomes a function from an instance to what is shown. Fields, sources, nested
serializers and the schema are declared as ever, and the values are the same.

What ``?fields=`` leaves out is not computed; see custom.api.selecting.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model
from django.db.models.manager import BaseManager
from django.utils.functional import cached_property
from rest_framework import fields, serializers
from rest_framework.relations import PKOnlyObject
from rest_framework.settings import api_settings

from custom.api.selecting import Selection, restricted

Instance = TypeVar("Instance")
ModelT = TypeVar("ModelT", bound=Model)
PartT = TypeVar("PartT", bound="CompiledOutput")
Reader = Callable[[Any], Any]  # from an instance to what is shown of it
Maker = Callable[[Any], Reader]  # for one serializer, with its context

# What shows a value as the field's own method does, but faster.
SHORTCUTS: Mapping[Any, Callable[[Any], Any]] = {
    fields.CharField.to_representation: str,
    fields.IntegerField.to_representation: int,
    fields.FloatField.to_representation: float,
}
# They ask their parent or its context how to show a value.
CONTEXTUAL = (fields.FileField, fields.ListField, fields.DictField)


class CompiledOutput(serializers.BaseSerializer[Any]):
    """Shows instances by functions made once a class; mixed into serializers.

    A field of another class than REST framework's own may have a method
    ``make_reader(serializer)`` that returns a ``Reader``; without one, it works as
    ever.

    Attributes:
        selection: What of its members is shown; None: all of them.
    """

    selection: Selection | None = None
    _makers: ClassVar[Sequence[tuple[str, Maker]]]

    def to_representation(self, instance: Any) -> dict[str, Any]:  # noqa: ANN401
        """Show every readable field."""
        shown = {}
        for name, read in self._readers:
            try:
                shown[name] = read(instance)
            except fields.SkipField:
                continue
        return shown

    def wanted_of(self, name: str) -> Selection | None:
        """Return what is shown of a member that is shown; None: the whole of it."""
        return None if self.selection is None else self.selection[name]

    def part(self, name: str, kind: type[PartT]) -> PartT:
        """Return a serializer that shows what is wanted of a member."""
        made = kind(context=self.context)
        made.selection = self.wanted_of(name)
        return made

    @cached_property
    def _readers(self) -> list[tuple[str, Reader]]:
        """Give the class's functions this serializer's context, and its choice."""
        makers = _makers_of(type(self))
        chosen = self.selection
        return [
            (name, make(self))
            for name, make in makers
            if chosen is None or name in chosen
        ]


class OutputSerializer(CompiledOutput, serializers.Serializer[Instance]):
    """Shows objects or dictionaries."""


class ModelOutputSerializer(CompiledOutput, serializers.ModelSerializer[ModelT]):
    """Shows rows of a model; fields that are only named follow the model's."""


def getter(source: Sequence[str]) -> Reader:
    """Return what follows a path through attributes, or keys of a dictionary."""
    if not source:
        return lambda instance: instance
    follow = attrgetter(".".join(source))
    first, rest = source[0], getter(source[1:])

    def get(instance: Any) -> Any:  # noqa: ANN401
        if type(instance) is dict:
            return rest(instance[first])
        return follow(instance)

    return get


def _makers_of(kind: type[CompiledOutput]) -> Sequence[tuple[str, Maker]]:
    """Return a class's functions, made when they are first wanted."""
    if "_makers" not in kind.__dict__:
        kind._makers = [  # noqa: SLF001 - this module's
            (str(field.field_name), _maker(field))
            for field in cast("Any", kind())._readable_fields  # noqa: SLF001 - DRF's
        ]
    return kind._makers  # noqa: SLF001


def _maker(field: Any) -> Maker:  # noqa: ANN401 - of whatever class
    """Find the quickest way to show a field."""
    name = field.field_name
    if hasattr(field, "make_reader"):
        return cast("Maker", field.make_reader)
    if isinstance(field, fields.SerializerMethodField):
        return _method_maker(name, str(field.method_name))
    if isinstance(field, CompiledOutput):
        return _nested_maker(field, field)
    if isinstance(field, serializers.ListSerializer):
        if isinstance(field.child, CompiledOutput):
            return _nested_maker(field, field.child, many=True)
    elif _is_stock(field):
        read = _plain_reader(field, _shower(field))
        return lambda _serializer: read
    return lambda serializer: _slow_reader(serializer.fields[name])


def _shower(field: Any) -> Reader:  # noqa: ANN401
    """Find the quickest way to show the value of a field of REST framework's own."""
    method = type(field).to_representation
    if method is fields.DateTimeField.to_representation and not hasattr(
        field, "format"
    ):
        return lambda value: _show_moment(field, value)
    return SHORTCUTS.get(method, cast("Reader", field.to_representation))


def _show_moment(field: Any, value: Any) -> str:  # noqa: ANN401
    """Write a moment, which the database gives in the zone that answers are in."""
    if isinstance(value, dt.datetime) and value.tzinfo is dt.UTC:
        return value.strftime(str(api_settings.DATETIME_FORMAT))
    return str(field.to_representation(value))


def _is_stock(field: Any) -> bool:  # noqa: ANN401
    """Tell whether a field works by REST framework's own, context-free methods."""
    kind = type(field)
    return (
        kind.get_attribute is fields.Field.get_attribute
        and kind.to_representation.__module__ == fields.__name__
        and not isinstance(field, CONTEXTUAL)
    )


def _method_maker(name: str, method: str) -> Maker:
    """Show what a method of the serializer returns."""

    def make(serializer: Any) -> Reader:  # noqa: ANN401
        return _restricting(getattr(serializer, method), serializer.wanted_of(name))

    return make


def _restricting(show: Reader, wanted: Selection | None) -> Reader:
    """Show what is wanted of what a function shows."""
    return show if wanted is None else lambda value: restricted(show(value), wanted)


def _nested_maker(field: Any, row: Any, *, many: bool = False) -> Maker:  # noqa: ANN401
    """Show what a source leads to by another compiled serializer."""

    def make(serializer: Any) -> Reader:  # noqa: ANN401
        part = serializer.part(field.field_name, type(row))
        # It may show some of its members in a way of its own.
        show = _restricting(part.to_representation, part.selection)

        def show_all(values: Any) -> list[Any]:  # noqa: ANN401
            rows = values.all() if isinstance(values, BaseManager) else values
            return [show(value) for value in rows]

        return _plain_reader(field, show_all if many else show)

    return make


def _plain_reader(field: Any, show: Reader) -> Reader:  # noqa: ANN401
    """Fetch by the field's source, then show; None stays None.

    What is missing, or must be called first, is left to the field itself.
    """
    get = getter(field.source_attrs)
    # One call less for each value, where there is one attribute and no dictionary.
    follow = attrgetter(".".join(field.source_attrs)) if field.source_attrs else get

    def read(instance: Any) -> Any:  # noqa: ANN401
        try:
            value = get(instance) if type(instance) is dict else follow(instance)
        except (AttributeError, KeyError):
            value = field.get_attribute(instance)
        else:
            if callable(value):
                value = field.get_attribute(instance)
        return None if value is None else show(value)

    return read


def _slow_reader(field: Any) -> Reader:  # noqa: ANN401
    """Show a field as REST framework does."""

    def read(instance: Any) -> Any:  # noqa: ANN401
        value = field.get_attribute(instance)
        is_none = (value.pk if isinstance(value, PKOnlyObject) else value) is None
        return None if is_none else field.to_representation(value)

    return read
