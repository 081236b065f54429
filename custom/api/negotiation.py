"""Which format an answer has, and in which version (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from rest_framework.exceptions import ErrorDetail, NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import _MediaType

from custom.api.problems import QueryParameterError

ANYTHING = "*/*"
FORMAT_PARAMETER = "format"
VERSION_PARAMETER = "version"
LONGEST_KNOWN = 500  # characters of a header that is remembered
_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?", re.ASCII)


class _Asked(NamedTuple):
    """As much of a request as REST framework reads of it."""

    headers: Mapping[str, str]


class _Range(NamedTuple):
    """One media range of an ``Accept`` header."""

    media_type: _MediaType
    quality: float
    version: str | None

    @property
    def precision(self) -> int:
        """Rank how closely it names a type: 0 anything, 1 a family, 2 a type."""
        return min(self.media_type.precedence, 2)

    def covers(self, renderer: type[BaseRenderer]) -> bool:
        """Tell whether the range takes what the renderer writes."""
        return _MediaType(renderer.media_type).match(self.media_type)


class QualityNegotiation(DefaultContentNegotiation):
    """Honours quality values, ``?format=`` and the version parameter.

    Among equals the first renderer of the view wins.
    """

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type with the wanted version.

        Raises:
            QueryParameterError: ``?format=`` names no format of this address.
            NotAcceptable: Nothing the client accepts can be written.
        """
        candidates = list(renderers)
        # Not by ``request.headers``, which reads all of them.
        accept = request._request.META.get("HTTP_ACCEPT", ANYTHING)  # noqa: SLF001
        wanted = format_suffix or request.query_params.get(FORMAT_PARAMETER)
        kinds = tuple(map(type, candidates))
        choose = _choose if len(accept) <= LONGEST_KNOWN else _choose.__wrapped__
        at, media_type = choose(accept, wanted, kinds)
        return candidates[at], media_type


@lru_cache(maxsize=256)
def _choose(
    accept: str, wanted: str | None, kinds: tuple[type[BaseRenderer], ...]
) -> tuple[int, str]:
    """Return which renderer answers a header and ``?format=``, and its media type.

    The same clients send the same headers: few are read twice.

    Raises:
        QueryParameterError, NotAcceptable: As ``select_renderer``.
    """
    asked: Any = _Asked({"accept": accept})
    tokens = DefaultContentNegotiation().get_accept_list(asked) or [ANYTHING]
    ranges = [_read_range(token) for token in tokens]
    if wanted is not None:
        kind, media_type = _choose_by_format(kinds, ranges, wanted)
        return kinds.index(kind), media_type
    best = max(
        (_rate(kind, ranges, kinds) for kind in kinds),
        key=lambda rated: rated.quality,  # the first of equals
    )
    if best.quality == 0:
        raise NotAcceptable
    return kinds.index(best.renderer), _with_version(best.renderer, best.version)


class _Rated(NamedTuple):
    renderer: type[BaseRenderer]
    quality: float
    version: str | None


def _read_range(token: str) -> _Range:
    """Read one media range; a malformed quality counts as none given."""
    media_type = _MediaType(token)
    quality = str(media_type.params.get("q", "1")).strip()
    return _Range(
        media_type,
        float(quality) if _QUALITY.fullmatch(quality) else 1.0,
        media_type.params.get(VERSION_PARAMETER),
    )


def _rate(
    renderer: type[BaseRenderer],
    ranges: Sequence[_Range],
    renderers: Sequence[type[BaseRenderer]],
) -> _Rated:
    """Give a renderer the quality of the range that names it most closely.

    A browser asks for HTML first and lists ``application/xml`` among what it can
    show; where there is no HTML it gets the default format, so its mention of XML
    weighs no more than its ``*/*``.
    """
    covering = [one for one in ranges if one.covers(renderer)]
    if _is_browser(ranges, renderers):
        covering = [one for one in covering if one.precision == 0]
    if not covering:
        return _Rated(renderer, 0.0, None)
    precision = max(one.precision for one in covering)
    best = max(
        (one for one in covering if one.precision == precision),
        key=lambda one: (_is_supported(one.version), one.quality),
    )
    return _Rated(renderer, best.quality, best.version)


def _is_browser(
    ranges: Sequence[_Range], renderers: Sequence[type[BaseRenderer]]
) -> bool:
    """Tell whether HTML is wanted most, anything will do, and there is no HTML."""
    best = max((one.quality for one in ranges), default=0.0)
    wants_html = any(
        one.media_type.full_type == "text/html" and one.quality == best
        for one in ranges
    )
    takes_all = any(one.precision == 0 and one.quality > 0 for one in ranges)
    has_html = any(renderer.media_type == "text/html" for renderer in renderers)
    return wants_html and takes_all and not has_html


def _choose_by_format(
    renderers: Sequence[type[BaseRenderer]], ranges: Sequence[_Range], wanted: str
) -> tuple[type[BaseRenderer], str]:
    """Let ``?format=`` overrule the types in ``Accept``, but not the version."""
    named = [renderer for renderer in renderers if renderer.format == wanted]
    if not named:
        detail = ErrorDetail("This format is not available.", "invalid-choice")
        raise QueryParameterError({FORMAT_PARAMETER: [detail]})
    rated = [_rate(renderer, ranges, renderers) for renderer in named]
    renderer = max(rated, key=lambda one: one.quality).renderer
    versions = [one.version for one in ranges if one.version is not None]
    version = max(versions, key=_is_supported, default=None)
    return renderer, _with_version(renderer, version)


def _is_supported(version: str | None) -> bool:
    """Tell whether a version is one of the API's; none means the oldest."""
    return version is None or version in (
        DefaultContentNegotiation.settings.ALLOWED_VERSIONS or ()
    )


def _with_version(renderer: type[BaseRenderer], version: str | None) -> str:
    """Return the media type from which the version is read again."""
    media_type = str(renderer.media_type)
    if version is None:
        return media_type
    return f"{media_type}; {VERSION_PARAMETER}={version}"
