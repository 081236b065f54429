"""Functions written as source: each shows instances of one class of serializers.

What a class shows is known before there are instances, so its function has no loop
over fields, and asks nothing but of what type a value is. ``dataclasses`` and
``namedtuple`` write theirs in the same way. Of two members, this is written::

    def show(serializer, row):
        try:
            if type(row) is dict:
                value1 = row['title']
                value2 = row['shelf']['number']
            else:
                value1 = row.title
                value2 = row.shelf.number
        except MISSING:
            return otherwise(serializer, row)
        try:
            return {
                'title': value1 if type(value1) is str else None if value1 is None else other1(serializer, row),
                'shelf': value2 if type(value2) is int else None if value2 is None else other2(serializer, row),
            }
        except SkipField:
            return otherwise(serializer, row)

It is made of what classes declare, and never of what a request or a row holds. Things
are handed over under names given here. Tracebacks and profilers show the source.
"""  # noqa: E501 - so are the lines

import linecache
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from keyword import iskeyword
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from rest_framework.fields import SkipField

Reader = Callable[[Any, Any], Any]  # from a serializer and an instance to what is shown

# An instance may be of another kind than the source expects.
MISSING = (AttributeError, KeyError, TypeError, ObjectDoesNotExist)
VOCABULARY = {each.__name__: each for each in (Decimal, SkipField, UUID, datetime)} | {
    "MISSING": MISSING,
    "UTC": UTC,
}


class Source:
    """The source of a function, while the expression that it returns is written.

    An expression may use ``serializer``, ``row``, what is in ``VOCABULARY``, and the
    names that are given here.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[str, ...], str] = {}
        self.things: dict[str, Any] = {}

    def value(self, path: Sequence[str]) -> str:
        """Return the name of what a path leads to; it is fetched once, first of all."""
        if not path:
            return "row"
        return self._values.setdefault(tuple(path), f"value{len(self._values) + 1}")

    def thing(self, thing: object, called: str) -> str:
        """Return the name of an object of Python.

        Args:
            thing: Whatever the expression needs.
            called: What a reader understands; an identifier.
        """
        for name, known in self.things.items():
            if known is thing:
                return name
        name = f"{called}{len(self.things) + 1}"
        self.things[name] = thing
        return name

    def text(self, expression: str) -> str:
        """Return the source of the function that returns what an expression shows."""
        lines = ["def show(serializer, row):"]
        if self._values:
            values = self._values.items()
            lines += [
                "    try:",
                "        if type(row) is dict:",
                *(f"            {name} = {_by_keys(path)}" for path, name in values),
                "        else:",
                *(f"            {name} = {_by_names(path)}" for path, name in values),
                "    except MISSING:",
                "        return otherwise(serializer, row)",
            ]
        lines += [
            "    try:",
            f"        return {expression}",
            "    except SkipField:",
            "        return otherwise(serializer, row)",
        ]
        return "\n".join([*lines, ""])


def compiled(title: str, write: Callable[[Source], str], otherwise: Reader) -> Reader:
    """Return a function that shows an instance.

    Args:
        title: Where tracebacks say that they are.
        write: Returns the expression that shows it.
        otherwise: Shows an instance that lacks something, or shows no value of some
            field.
    """
    source = Source()
    text = source.text(write(source))
    place = f"<{title}>"
    names = {**VOCABULARY, **source.things, "otherwise": otherwise}
    exec(compile(text, place, "exec"), names)  # noqa: S102 - written above
    linecache.cache[place] = (len(text), None, text.splitlines(keepends=True), place)
    show: Reader = names["show"]
    return show


def display(members: Mapping[str, str]) -> str:
    """Return the expression of a dictionary, from name to expression."""
    lines = (f"            {name!r}: {shown},\n" for name, shown in members.items())
    return f"{{\n{''.join(lines)}        }}"


def _by_keys(path: Sequence[str]) -> str:
    """Return the expression that follows a path through dictionaries."""
    return "row" + "".join(f"[{name!r}]" for name in path)


def _by_names(path: Sequence[str]) -> str:
    """Return the expression that follows a path through attributes."""
    reached = "row"
    for name in path:
        is_plain = name.isascii() and name.isidentifier() and not iskeyword(name)
        reached = f"{reached}.{name}" if is_plain else f"getattr({reached}, {name!r})"
    return reached
