"""What is kept of an answer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import orjson
from django.http import HttpResponse

SHOWN_ATTRIBUTE = "shown"  # of a response


class Shown(NamedTuple):
    """What a view says of the page it has answered with.

    Attributes:
        tags: Names what the page shows; a change of one of them outdates it.
        seconds: For how long it holds although nothing is changed.
    """

    tags: frozenset[str]
    seconds: float


class Body(NamedTuple):
    """A rendered page.

    Attributes:
        generation: The memory of Redis in which ``n`` was counted.
        n: How many changes there had been when its rendering began.
        fields: Fields of ``custom.caching.versions`` that outdate it.
        headers: Names and values, as the view and what is around it wrote them.
    """

    generation: str
    n: int
    fields: tuple[str, ...]
    headers: list[tuple[str, str]]
    content: bytes

    @classmethod
    def unpack(cls, kept: bytes) -> Self:
        """Read what ``pack`` wrote."""
        head, _, content = kept.partition(b"\n")
        generation, n, fields, headers = orjson.loads(head)
        return cls(generation, n, tuple(fields), headers, content)

    def pack(self) -> bytes:
        """Write one line of JSON, then the content."""
        head: list[Any] = [self.generation, self.n, self.fields, self.headers]
        return orjson.dumps(head) + b"\n" + self.content

    def response(
        self, around: Mapping[str, tuple[str, str]] = MappingProxyType({})
    ) -> HttpResponse:
        """Return the answer anew.

        Its headers were checked when they were first written, which takes longer than
        all else here.

        Args:
            around: Further headers, by their names in small letters.
        """
        response = HttpResponse(self.content)
        headers: Any = response.headers
        headers._store = {  # noqa: SLF001 - Django's own
            **{name.lower(): (name, value) for name, value in self.headers},
            **around,
        }
        return response
