"""``?fields=``: which members of an answer are shown, and which of theirs.

Names stand between commas, and lead into objects and the rows of lists by dots:
``title,variants.price``. What can be named is what the document describes.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from drf_spectacular.drainage import get_override
from rest_framework.exceptions import ErrorDetail
from rest_framework.serializers import BaseSerializer, SerializerMethodField

from custom.api.problems import MOST_UNKNOWN, QueryParameterError

FIELDS_PARAMETER: Final = "fields"
DEEPEST: Final = 5  # names in a path
SHOWN: Final = 100  # characters of a name, in what is told of it

# Name of a member -> the serializer's class that shows it; None of what has no members.
Shape = Mapping[str, Any]


class Selection(dict[str, "Selection | None"]):
    """Name of a member -> what is wanted of it; None: the whole of it."""

    def add(self, first: str, *rest: str) -> None:
        """Want what a path leads to, beside what is wanted already."""
        if not rest:
            self[first] = None
        elif (inner := self.setdefault(first, Selection())) is not None:
            inner.add(*rest)

    def touches(self, path: str) -> bool:
        """Tell whether anything is wanted of what a path leads to."""
        inner: Selection | None = self
        for name in path.split("."):
            if inner is None:
                return True
            if name not in inner:
                return False
            inner = inner[name]
        return True


def read_selection(text: str) -> Selection:
    """Return what is named, each once, a whole before its parts.

    Raises:
        QueryParameterError: A path is longer than any can be.
    """
    wanted = Selection()
    for path in text.split(","):
        names = [name.strip() for name in path.split(".")]
        if len(names) > DEEPEST:
            told = f'"{path[:SHOWN]}" is too long a path: at most {DEEPEST} names.'
            raise _fault([ErrorDetail(told, "path-too-long")])
        wanted.add(*names)
    return wanted


def check_selection(wanted: Selection, shape: Shape) -> None:
    """Refuse what is not there.

    Raises:
        QueryParameterError: It tells every such name, and those there are.
    """
    if faults := list(_faults(wanted, shape, ())):
        raise _fault(faults)


@cache
def shape_of(kind: Any) -> Shape:  # noqa: ANN401 - a serializer's class
    """Return the members that answers of a serializer have."""
    return {
        name: shape_of_field(field)
        for name, field in kind().fields.items()
        if not field.write_only
    }


def shape_of_field(field: Any) -> Any:  # noqa: ANN401
    """Return the class that shows a field's objects; None: it has none."""
    if isinstance(field, SerializerMethodField):
        method = getattr(type(field.parent), str(field.method_name))
        field = get_override(method, "field")
    shown = getattr(field, "child", field)
    if isinstance(shown, type):
        return shown if issubclass(shown, BaseSerializer) else None
    # Of a lazy serializer ``type`` would be another class.
    return shown.__class__ if isinstance(shown, BaseSerializer) else None


def restricted(shown: Any, wanted: Selection | None) -> Any:  # noqa: ANN401
    """Return what is wanted of a value: of an object, or of each in a list."""
    if wanted is None:
        return shown
    if isinstance(shown, list):
        return [restricted(each, wanted) for each in shown]
    if isinstance(shown, Mapping):
        return {
            name: restricted(each, wanted[name])
            for name, each in shown.items()
            if name in wanted
        }
    return shown


def _faults(
    wanted: Selection, shape: Shape, above: tuple[str, ...]
) -> Iterator[ErrorDetail]:
    """Yield what is wrong, the outermost first."""
    if unknown := sorted(wanted.keys() - shape.keys()):
        few = unknown[:MOST_UNKNOWN]
        listed = ", ".join(f'"{".".join((*above, n))[:SHOWN]}"' for n in few)
        more = "" if few == unknown else f" and {len(unknown) - len(few)} more"
        told = f"Unknown field: {listed}{more}. Choose of: {', '.join(shape)}."
        yield ErrorDetail(told, "unknown-field")
    for name, inner in wanted.items():
        kind = shape.get(name)
        if inner is None or name not in shape:
            continue
        path = (*above, name)
        if kind is None:
            told = f'"{".".join(path)}" has no members to choose of.'
            yield ErrorDetail(told, "unknown-field")
        else:
            yield from _faults(inner, shape_of(kind), path)


def _fault(details: Iterable[ErrorDetail]) -> QueryParameterError:
    return QueryParameterError({FIELDS_PARAMETER: list(details)})
