"""Serializers whose fields are looked at once, and not for every value shown.

REST framework copies and binds a serializer's fields for each request, and finds out
for each value how to fetch and to show it. Here a class is read once: what only shows
attributes fetches all of them by one call, any other field becomes a function of an
instance that returns what is shown. Fields, sources, nested serializers and the schema
are declared as ever, and the values are the same.

What ``?fields=`` leaves out is not computed; see custom.api.selecting.

A function is given the serializer with each instance and never holds it: what a
serializer shows would else be freed by the garbage collector alone.
"""

import datetime as dt
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model
from django.db.models.manager import BaseManager
from django.utils.functional import cached_property
from rest_framework import fields, serializers
from rest_framework.relations import PKOnlyObject

from custom.api.selecting import Selection, restricted

Instance = TypeVar("Instance")
ModelT = TypeVar("ModelT", bound=Model)
PartT = TypeVar("PartT", bound="CompiledOutput")
Shower = Callable[[Any], Any]  # from a value to what is shown of it
Reader = Callable[[Any, Any], Any]  # from a serializer and an instance to the same
Maker = Callable[[Any], Reader]  # for one serializer, with its context

# What shows a value as the field's own method does, but faster.
SHORTCUTS: Mapping[Any, Callable[[Any], Any]] = {
    fields.CharField.to_representation: str,
    fields.IntegerField.to_representation: int,
    fields.FloatField.to_representation: float,
}
LENGTH_OF_SECONDS = len("2026-11-26T09:15:00")
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
    _whole: ClassVar["_Plan"]

    def __init__(
        self,
        instance: Any = None,  # noqa: ANN401
        data: Any = fields.empty,  # noqa: ANN401
        **options: Any,  # noqa: ANN401
    ) -> None:
        if data is fields.empty and options.keys() == {"context"}:  # to show only
            self.__dict__.update(_state_of(cast("Any", type(self))))
            self.instance, self._context = instance, options["context"]
        else:
            super().__init__(instance, data, **options)

    @classmethod
    def many_init(cls, *args: Any, **options: Any) -> serializers.BaseSerializer[Any]:  # noqa: ANN401
        """Return what shows rows, or declares that they are shown."""
        if options.keys() <= {"context"} and (args or options):
            context = options.get("context", {})
            return _Rows(*args, child=cls(context=context), context=context)
        return super().many_init(*args, **options)

    def to_representation(self, instance: Any) -> dict[str, Any]:  # noqa: ANN401
        """Show every readable field."""
        plan = self._plan
        shown: dict[str, Any] = dict.fromkeys(plan.names)  # in their order
        plan.attributes.add_to(shown, instance)
        for name, read in self._readers:
            try:
                shown[name] = read(self, instance)
            except fields.SkipField:
                del shown[name]
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
    def _plan(self) -> "_Plan":
        """Choose what is shown."""
        whole = _plan_of(type(self))
        return whole if self.selection is None else whole.part(self.selection)

    @cached_property
    def _readers(self) -> list[tuple[str, Reader]]:
        """Give the class's functions this serializer's context, and its choice."""
        return [(name, make(self)) for name, make in self._plan.others]


class OutputSerializer(CompiledOutput, serializers.Serializer[Instance]):
    """Shows objects or dictionaries."""


class ModelOutputSerializer(CompiledOutput, serializers.ModelSerializer[ModelT]):
    """Shows rows of a model; fields that are only named follow the model's."""


class _Rows(serializers.ListSerializer[Any]):
    """Shows rows by one compiled serializer."""

    def __init__(
        self,
        instance: Any = None,  # noqa: ANN401
        *,
        child: CompiledOutput,
        context: Any,  # noqa: ANN401
    ) -> None:
        self.__dict__.update(_state_of(serializers.ListSerializer))
        self.instance, self._context = instance, context
        self.child = child  # which is not told whose it is: see above


@cache
def _state_of(kind: Any) -> Mapping[str, object]:  # noqa: ANN401 - a class
    """Return what REST framework finds out anew for each serializer of a class."""
    is_list = issubclass(kind, serializers.ListSerializer)
    made = kind(child=fields.Field()) if is_list else kind()
    return {
        name: value
        for name, value in vars(made).items()
        if name not in ("_args", "_kwargs")  # they are its own, for copies
    }


def getter(source: Sequence[str]) -> Shower:
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


class _Attribute:
    """Shows an attribute of an instance, whatever the serializer.

    What is missing, or must be called first, is left to the field itself.
    """

    __slots__ = ("_field", "_get", "path", "show")

    def __init__(self, field: Any, show: Shower | None) -> None:  # noqa: ANN401
        """Take the field, and the way to show a value if it is not shown as it is."""
        self._field = field
        self._get = getter(field.source_attrs)
        self.path = ".".join(field.source_attrs)  # empty: the instance itself
        self.show = show

    def read(self, instance: Any) -> Any:  # noqa: ANN401
        """Fetch by the field's source, then show; None stays None."""
        try:
            value = self._get(instance)
        except (AttributeError, KeyError):
            value = self._field.get_attribute(instance)
        else:
            if callable(value):
                value = self._field.get_attribute(instance)
        return value if value is None or self.show is None else self.show(value)


class _Attributes:
    """Attributes that one call fetches."""

    def __init__(self, all_of_it: Sequence[tuple[str, _Attribute]]) -> None:
        self._all = all_of_it
        paths = [each.path for _, each in all_of_it]
        # Of one path it would return the value, and no tuple.
        is_worth_it = len(paths) > 1 and all(paths)
        self._fetch = attrgetter(*paths) if is_worth_it else None

    def add_to(self, shown: dict[str, Any], instance: Any) -> None:  # noqa: ANN401
        """Add what is shown of them."""
        if self._fetch is not None and type(instance) is not dict:
            try:
                values = self._fetch(instance)
            except (AttributeError, KeyError):
                values = ()
            if values and not any(map(callable, values)):
                for (name, each), value in zip(self._all, values, strict=True):
                    show = each.show
                    shown[name] = show(value) if show and value is not None else value
                return
        for name, each in self._all:
            try:
                shown[name] = each.read(instance)
            except fields.SkipField:
                del shown[name]


class _Plan:
    """How a class shows instances.

    Attributes:
        names: Of all members, in order.
        attributes: Those that are no more than that.
        others: What shows the rest.
    """

    def __init__(self, members: Sequence[tuple[str, "_Attribute | Maker"]]) -> None:
        """Take what shows each member."""
        self._members = members
        self.names = [name for name, _ in members]
        attributes: list[tuple[str, _Attribute]] = []
        self.others: list[tuple[str, Maker]] = []
        for name, each in members:
            if isinstance(each, _Attribute):
                attributes.append((name, each))
            else:
                self.others.append((name, each))
        self.attributes = _Attributes(attributes)

    def part(self, selection: Selection) -> "_Plan":
        """Return the plan of some members."""
        return _Plan([each for each in self._members if each[0] in selection])


def _plan_of(kind: type[CompiledOutput]) -> _Plan:
    """Return a class's plan, made when it is first wanted."""
    if "_whole" not in kind.__dict__:
        kind._whole = _Plan(  # noqa: SLF001 - this module's
            [
                (str(field.field_name), _member(field))
                for field in cast("Any", kind())._readable_fields  # noqa: SLF001 - DRF's
            ]
        )
    return kind._whole  # noqa: SLF001


def _member(field: Any) -> _Attribute | Maker:  # noqa: ANN401 - of whatever class
    """Find the quickest way to show a field."""
    name = field.field_name
    if hasattr(field, "make_reader"):
        return cast("Maker", field.make_reader)
    if isinstance(field, fields.SerializerMethodField):
        return _method_maker(field)
    if isinstance(field, CompiledOutput):
        return _nested_maker(field, field)
    if isinstance(field, serializers.ListSerializer):
        if isinstance(field.child, CompiledOutput):
            return _nested_maker(field, field.child, many=True)
    elif _is_stock(field):
        return _Attribute(field, _shower(field))
    return lambda serializer: _slow_reader(
        serializer.fields[name], serializer.wanted_of(name)
    )


def _method_maker(field: Any) -> Maker:  # noqa: ANN401
    """Show what a method of the serializer returns."""
    name, method = field.field_name, str(field.method_name)
    found = inspect.getattr_static(type(field.parent), method)
    ask: Reader = (
        found
        if inspect.isfunction(found)
        else lambda serializer, instance: getattr(serializer, method)(instance)
    )

    def make(serializer: Any) -> Reader:  # noqa: ANN401
        wanted = serializer.wanted_of(name)
        if wanted is None:
            return ask
        return lambda own, instance: restricted(ask(own, instance), wanted)

    return make


def _shower(field: Any) -> Shower:  # noqa: ANN401
    """Find the quickest way to show the value of a field of REST framework's own."""
    method = type(field).to_representation
    if method is fields.DateTimeField.to_representation and not hasattr(
        field, "format"
    ):
        return lambda value: _show_moment(field, value)
    return SHORTCUTS.get(method, cast("Shower", field.to_representation))


def _show_moment(field: Any, value: Any) -> str:  # noqa: ANN401
    """Write a moment, which the database gives in the zone that answers are in.

    That is ``DATETIME_FORMAT``; ``strftime`` takes three times as long.
    """
    if isinstance(value, dt.datetime) and value.tzinfo is dt.UTC:
        return f"{value.isoformat()[:LENGTH_OF_SECONDS]}Z"
    return str(field.to_representation(value))


def _is_stock(field: Any) -> bool:  # noqa: ANN401
    """Tell whether a field works by REST framework's own, context-free methods."""
    kind = type(field)
    return (
        kind.get_attribute is fields.Field.get_attribute
        and kind.to_representation.__module__ == fields.__name__
        and not isinstance(field, CONTEXTUAL)
    )


def _nested_maker(field: Any, row: Any, *, many: bool = False) -> Maker:  # noqa: ANN401
    """Show what a source leads to by another compiled serializer."""
    kind = type(row)
    fetch = _Attribute(field, None).read

    def make(serializer: Any) -> Reader:  # noqa: ANN401
        part = serializer.part(field.field_name, kind)
        show: Shower = part.to_representation
        wanted = part.selection

        def read(_serializer: Any, instance: Any) -> Any:  # noqa: ANN401
            value = fetch(instance)
            if value is None:
                return None
            rows = value.all() if isinstance(value, BaseManager) else value
            shown = [show(each) for each in rows] if many else show(value)
            # It may show some of its members in a way of its own.
            return restricted(shown, wanted)

        return read

    return make


def _slow_reader(field: Any, wanted: Selection | None) -> Reader:  # noqa: ANN401
    """Show a field as REST framework does, or what is wanted of it."""

    def read(_serializer: Any, instance: Any) -> Any:  # noqa: ANN401
        value = field.get_attribute(instance)
        is_none = (value.pk if isinstance(value, PKOnlyObject) else value) is None
        return None if is_none else restricted(field.to_representation(value), wanted)

    return read
