"""What compiled serializers show, held against what REST framework's own would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from rest_framework import serializers

from custom.api.output import CompiledOutput

_choose: Any = vars(CompiledOutput)["_compiled"].func


@contextmanager
def held_against_rest_framework() -> Iterator[None]:
    """Compare whatever is shown whole: each value, its type, and the order of members.

    Raises:
        AssertionError: It is not the same.
    """

    def choose(self: CompiledOutput) -> Any:  # noqa: ANN401
        show = _choose(self)
        return show if self.selection else lambda own, row: _compared(show, own, row)

    with patch.object(CompiledOutput, "_compiled", property(choose)):
        yield


def _compared(show: Any, own: Any, row: Any) -> Any:  # noqa: ANN401
    shown = show(own, row)
    expected = serializers.Serializer.to_representation(own, row)
    if typed(shown) != typed(expected):
        msg = f"{type(own).__name__} shows {shown!r}, not {expected!r}."
        raise AssertionError(msg)
    return shown


def typed(value: object) -> object:
    """Return a value with the type of each part, and the order of members."""
    if isinstance(value, dict):
        return type(value), [(name, typed(each)) for name, each in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [typed(each) for each in value]
    return type(value), value
