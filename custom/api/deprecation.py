"""What clients should stop using, and until when it works (RFC 9745 and RFC 8594).

An endpoint is deprecated by ``deprecated`` at its method, or by a view's
``deprecation`` for all of them; a version of the API by
``settings.API_DEPRECATED_VERSIONS``; a member of answers by ``deprecated_fields`` of
its serializer. Answers tell by headers, the OpenAPI document by ``deprecated: true``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from django.conf import settings
from django.utils.http import http_date
from rest_framework.serializers import BaseSerializer

from custom.api.selecting import shape_of

Method = TypeVar("Method", bound=Callable[..., Any])

ATTRIBUTE: Final = "deprecation"
FIELDS_ATTRIBUTE: Final = "deprecated_fields"


@dataclass(frozen=True)
class Deprecation:
    """The end of something, announced.

    Attributes:
        since: From when on it should not be used any more.
        sunset: When it stops to work; None while that is open.
        link: Address of a page that tells what to do instead.
    """

    since: datetime
    sunset: datetime | None = None
    link: str = ""

    def headers(self) -> dict[str, str]:
        """Return what answers tell."""
        told = {"Deprecation": f"@{int(self.since.timestamp())}"}
        if self.sunset is not None:
            told["Sunset"] = http_date(self.sunset.timestamp())
        if self.link:
            told["Link"] = f'<{self.link}>; rel="deprecation"'
        return told


def deprecated(by: Deprecation) -> Callable[[Method], Method]:
    """Announce the end of a view's method."""

    def mark(method: Method) -> Method:
        setattr(method, ATTRIBUTE, by)
        return method

    return mark


def deprecation_of(view: Any, step: str, version: str | None) -> Deprecation | None:  # noqa: ANN401
    """Return the end of an endpoint, or else of the version that is asked for.

    Args:
        view: That answers.
        step: Its action, or method in small letters.
        version: Of the API.
    """
    own = getattr(getattr(view, step, None), ATTRIBUTE, None)
    of_versions: Mapping[str, Any] = settings.API_DEPRECATED_VERSIONS
    found: Deprecation | None = own or getattr(view, ATTRIBUTE, None)
    return found or of_versions.get(version or "")


def deprecations_shown(shown: Any) -> Iterator[Deprecation]:  # noqa: ANN401
    """Yield the ends of members that an answer holds: an object, or a page."""
    rows = shown.get("results") if isinstance(shown, Mapping) else None
    for part in (shown, rows):
        serializer = getattr(part, "serializer", None)
        serializer = getattr(serializer, "child", serializer)
        wanted = getattr(serializer, "selection", None)
        kind: Any = type(serializer)
        for path, end in _ends_below(kind).items():
            if wanted is None or wanted.touches(path):
                yield end


@cache
def _ends_below(kind: Any, above: tuple[Any, ...] = ()) -> Mapping[str, Deprecation]:  # noqa: ANN401
    """Return the path of each member that will end -> when, each class told of once."""
    if not issubclass(kind, BaseSerializer) or kind in above:
        return {}
    found: dict[str, Deprecation] = dict(getattr(kind, FIELDS_ATTRIBUTE, {}))
    for name, inner in shape_of(kind).items():
        below = _ends_below(inner, (*above, kind)) if inner else {}
        found |= {f"{name}.{path}": end for path, end in below.items()}
    return found
