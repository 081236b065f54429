"""Serializers whose fields are looked at once, and not for every value shown.

REST framework copies and binds a serializer's fields for each request, and finds out
for each value how to fetch and to show it. Here a class is read once, and a function
is written that shows its instances; see custom.api.compiling. A value of the very type
that a field expects is shown at once, and any other by the field itself. Fields,
sources, nested serializers and the schema are declared as ever, and the values are the
same.

What ``?fields=`` leaves out is not computed; see custom.api.selecting.

A function is given the serializer with each instance and never holds it: what a
serializer shows would else be freed by the garbage collector alone.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, TypeVar, cast

from django.db.models import Model
from django.db.models.manager import BaseManager
from django.utils.functional import cached_property
from rest_framework import fields, serializers
from rest_framework.relations import PKOnlyObject

from custom.api.compiling import Reader, Source, compiled, display
from custom.api.selecting import Selection, restricted
from custom.api.shortcuts import is_plain, shortcut

Instance = TypeVar("Instance")
ModelT = TypeVar("ModelT", bound=Model)
PartT = TypeVar("PartT", bound="CompiledOutput")
# From the source of a function, and the name in it of what else shows a member, to the
# expression that does.
Writer = Callable[[Source, str], str]


class CompiledOutput(serializers.BaseSerializer[Any]):
    """Shows instances by a function made once a class; mixed into serializers.

    A field of another class than REST framework's own may have a method
    ``write(source, otherwise)`` that returns the expression which shows it, by what it
    asks ``source`` for, or by ``otherwise``: the name of what shows it as ever.

    Attributes:
        selection: What of its members is shown; None: all of them.
    """

    selection: Selection | None = None

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

    def to_representation(self, instance: Any) -> Any:  # noqa: ANN401
        """Show every readable field, or those chosen."""
        return self._compiled(self, instance)

    def show_all(self, rows: Any) -> list[Any]:  # noqa: ANN401
        """Show each of some rows, or of a relation's."""
        own = type(self).to_representation
        show = self._compiled if own is CompiledOutput.to_representation else own
        each_row = rows.all() if isinstance(rows, BaseManager) else rows
        return [show(self, row) for row in each_row]

    def wanted_of(self, name: str) -> Selection | None:
        """Return what is shown of a member that is shown; None: the whole of it."""
        return None if self.selection is None else self.selection[name]

    def part(self, name: str, kind: type[PartT]) -> PartT:
        """Return a serializer that shows what is wanted of a member."""
        made = kind(context=self.context)
        made.selection = self.wanted_of(name)
        return made

    @cached_property
    def parts(self) -> Mapping[str, "CompiledOutput"]:
        """Return what shows each member that is a nested serializer."""
        kind: Any = type(self)
        wanted = self.selection
        return {
            each.name: self.part(each.name, each.nested)
            for each in _members_of(kind)
            if each.nested and (wanted is None or each.name in wanted)
        }

    @cached_property
    def _compiled(self) -> Reader:
        """Choose what shows all fields, or those chosen."""
        kind: Any = type(self)
        if self.selection is None:
            return _whole(kind)
        return _one_by_one(_members_of(kind), self.selection)


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

    def to_representation(self, rows: Any) -> list[Any]:  # noqa: ANN401
        """Show each row."""
        return cast("CompiledOutput", self.child).show_all(rows)


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


class _Member:
    """How a class shows one of its members.

    Attributes:
        name: In what is shown.
        nested: The class of its own that shows it, or each row of it; None: of none.
    """

    def __init__(
        self,
        field: Any,  # noqa: ANN401 - of whatever class
        write: Writer,
        otherwise: Reader,
        nested: type[CompiledOutput] | None = None,
    ) -> None:
        """Take what writes the expression, and what shows all that it cannot."""
        self.name = str(field.field_name)
        self.nested = nested
        self._title = f"{_title(type(field.parent))}.{self.name}"
        self._write, self._otherwise = write, otherwise

    def write(self, source: Source) -> str:
        """Return the expression that shows it."""
        return self._write(source, source.thing(self._otherwise, "other"))

    @cached_property
    def show(self) -> Reader:
        """Return what shows it alone."""
        return compiled(self._title, self.write, self._otherwise)


@cache
def _members_of(kind: Any) -> Sequence[_Member]:  # noqa: ANN401 - a serializer's class
    """Return how a class shows its members."""
    return [_member(field) for field in kind()._readable_fields]  # noqa: SLF001 - DRF's


@cache
def _whole(kind: Any) -> Reader:  # noqa: ANN401 - a serializer's class
    """Return what shows all members of a class's instances."""
    members = _members_of(kind)
    return compiled(
        _title(kind),
        lambda source: display({each.name: each.write(source) for each in members}),
        _one_by_one(members),
    )


def _title(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _one_by_one(
    members: Sequence[_Member], selection: Selection | None = None
) -> Reader:
    """Return what shows all members, or those chosen, each by itself."""
    chosen = [
        (each, selection and selection[each.name])
        for each in members
        if selection is None or each.name in selection
    ]

    def show(serializer: Any, row: Any) -> dict[str, Any]:  # noqa: ANN401
        shown = {}
        for each, wanted in chosen:
            try:
                # What is nested may show some members in a way of its own.
                shown[each.name] = restricted(each.show(serializer, row), wanted)
            except fields.SkipField:
                continue
        return shown

    return show


def _member(field: Any) -> _Member:  # noqa: ANN401 - of whatever class
    """Find the quickest way to show a field."""
    if isinstance(field, fields.SerializerMethodField):
        return _Member(field, _write_call, _method(field))
    if isinstance(field, CompiledOutput):
        return _nested(field, type(field))
    if isinstance(field, serializers.ListSerializer):
        if isinstance(field.child, CompiledOutput):
            return _nested(field, type(field.child), many=True)
    elif is_plain(field):
        return _Member(field, partial(_write_plain, field), partial(_show_field, field))
    return _Member(
        field,
        getattr(field, "write", _write_call),
        lambda own, row: _show_field(own.fields[field.field_name], own, row),
    )


def _write_call(_source: Source, otherwise: str) -> str:
    """Leave everything to the function that shows a member as ever."""
    return f"{otherwise}(serializer, row)"


def _write_plain(field: Any, source: Source, otherwise: str) -> str:  # noqa: ANN401
    """Show what a field expects by its shortcut, and anything else by the field."""
    value = source.value(field.source_attrs)
    by_field = f"None if {value} is None else {otherwise}(serializer, row)"
    quickly = shortcut(field, source, value)
    return f"{quickly} else {by_field}" if quickly else by_field


def _show_field(field: Any, _serializer: object, row: Any) -> Any:  # noqa: ANN401
    """Show a field as REST framework does."""
    value = field.get_attribute(row)
    is_none = (value.pk if isinstance(value, PKOnlyObject) else value) is None
    return None if is_none else field.to_representation(value)


def _method(field: Any) -> Reader:  # noqa: ANN401
    """Return the method of the serializer that shows a field."""
    name = str(field.method_name)
    found = inspect.getattr_static(type(field.parent), name)
    if inspect.isfunction(found):
        return found
    return lambda serializer, row: getattr(serializer, name)(row)


def _nested(field: Any, kind: type[CompiledOutput], *, many: bool = False) -> _Member:  # noqa: ANN401
    """Show what a source leads to by another compiled serializer."""
    name = field.field_name
    show = "show_all" if many else "to_representation"

    def write(source: Source, otherwise: str) -> str:
        value = source.value(field.source_attrs)
        shown = f"serializer.parts[{name!r}].{show}({value})"
        called = f"{otherwise}(serializer, row) if callable({value})"
        return f"None if {value} is None else {called} else {shown}"

    def otherwise(serializer: Any, row: Any) -> Any:  # noqa: ANN401
        value = field.get_attribute(row)
        return None if value is None else getattr(serializer.parts[name], show)(value)

    return _Member(field, write, otherwise, kind)
