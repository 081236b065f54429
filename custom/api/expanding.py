"""``?expand=``: relations that an answer shows only when they are asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.serializers import BaseSerializer, Field

from custom.api.problems import QueryParameterError

EXPAND_PARAMETER = "expand"


@dataclass(frozen=True, slots=True)
class Expansion:
    """A relation that may be added to a row.

    It is loaded for all rows of an answer at once and has no expansions of its own, so
    the number of queries depends on the names asked for alone.

    Attributes:
        load: Takes the rows and the serializer's context, makes a fixed number of
            queries, and returns key of a row -> what is shown; None where left out.
        shape: Makes the field that documents it.
    """

    load: Callable[[Sequence[Any], Mapping[str, Any]], Mapping[Any, Any]]
    shape: Callable[[], Field[Any, Any, Any, Any]]


def read_expansions(text: str, known: Iterable[str]) -> list[str]:
    """Return the relations that are named, each once; none of an empty text.

    Raises:
        QueryParameterError: A name is not known; the fault tells those that are.
    """
    if not text:
        return []
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := sorted(set(names) - set(known)):
        told = f'Cannot expand "{unknown[0][:100]}". Choose of: {", ".join(known)}.'
        raise QueryParameterError(
            {EXPAND_PARAMETER: [ErrorDetail(told, "unknown-expansion")]}
        )
    return names


def with_expansions(
    serializer: Any,  # noqa: ANN401 - a ModelSerializer's class, whose Meta is untyped
    expansions: Mapping[str, Expansion],
    *,
    called: str,
) -> type[BaseSerializer[Any]]:
    """Return a serializer that documents rows with all that may be added to them.

    Args:
        serializer: Shows a row.
        expansions: What may be added, by name.
        called: What clients know the whole as.
    """
    shapes: dict[str, Any] = {name: each.shape() for name, each in expansions.items()}
    names = tuple(dict.fromkeys((*serializer.Meta.fields, *shapes)))
    meta = type("Meta", (serializer.Meta,), {"fields": names})
    members = shapes | {"Meta": meta, "__doc__": serializer.__doc__}
    return type(f"{called}Serializer", (serializer,), members)
