"""Static files over HTTP: what may be kept is told, what is stale is never kept."""

from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from cachebuster.assets import Asset, Body
from cachebuster.options import Options
from cachebuster.ranges import Section, UnsatisfiableRangeError, read_range
from cachebuster.stamps import STAMP
from cachebuster.storage import static_files

NO_STORE: Final = "no-store"
HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
GOOD_WHILE_STALE: Final = 300  # seconds that a plain URL may be shown while renewed


@dataclass(slots=True)
class Found:
    """A file and what the URL said of its content.

    Attributes:
        name: Plain or hashed, without a stamp.
        stamp: From the query or the first part of the path; "" without one.
    """

    asset: Asset
    name: str
    stamp: str

    def cache_control(self) -> str:
        """Return how long this URL may stand for these bytes."""
        if self.asset.may_change:
            return "no-cache"
        options = Options.read()
        if self.asset.is_named_by_content or self.stamp == self.asset.digest:
            return f"public, max-age={options.immutable_max_age}, immutable"
        if self.stamp and not self.asset.is_stamped(self.stamp):
            return NO_STORE
        return (
            f"public, max-age={options.plain_max_age}, "
            f"stale-while-revalidate={GOOD_WHILE_STALE}"
        )


@require_safe
def static_serve(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer with a static file, or 404.

    Beside plain and hashed names it takes the URLs of old: a stamp as the query, or
    as the first part of the path. A stamp that is not the content's is served as what
    it may be, but nobody may keep it; in the path it is a 404.
    """
    query = request.META.get("QUERY_STRING", "")
    while (found := _find(path, query)) is not None:
        try:
            return _answer(request, found)
        except FileNotFoundError:  # gone since it was found: look again
            static_files.forget_asset(found.name)
    return _missing()


def _find(path: str, query: str) -> Found | None:
    asset = static_files.find_asset(path)
    if asset is not None:
        stamp = query if query and STAMP.fullmatch(query) else ""
        return Found(asset, path, stamp)
    stamp, _, name = path.partition("/")
    if not STAMP.fullmatch(stamp):
        return None
    asset = static_files.find_asset(name)
    return Found(asset, name, stamp) if asset and asset.is_stamped(stamp) else None


def _missing() -> HttpResponse:
    """Answer that nothing is there; it may be in a moment, so nobody keeps that."""
    return HttpResponse(
        "There is no such static file.\n",
        status=HTTPStatus.NOT_FOUND,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": NO_STORE, "X-Content-Type-Options": "nosniff"},
    )


class AssetResponse(FileResponse):
    """A file whose headers are known already."""

    def set_headers(self, filelike: object) -> None:
        """Keep what is set."""


def _answer(request: HttpRequest, found: Found) -> HttpResponseBase:
    wants_range = "HTTP_RANGE" in request.META
    body = found.asset.plain if wants_range else _choose(found.asset, request)
    headers = {"Cache-Control": found.cache_control(), "ETag": body.etag}
    if found.asset.encodings:
        headers["Vary"] = "Accept-Encoding"
    if _is_known(request.META.get("HTTP_IF_NONE_MATCH", ""), body.etag):
        return _bare(HTTPStatus.NOT_MODIFIED, headers)
    headers |= HEADERS
    headers["Content-Type"] = found.asset.content_type
    if body.encoding:
        headers["Content-Encoding"] = body.encoding
    if wants_range and request.META.get("HTTP_IF_RANGE", body.etag) == body.etag:
        return _partial(request, body, headers)
    return _whole(request, body, headers)


def _is_known(header: str, etag: str) -> bool:
    """Compare tags weakly: proxies weaken them."""
    if not header or header == etag:
        return bool(header)
    tags = parse_etags(header)
    return "*" in tags or etag in {tag.removeprefix("W/") for tag in tags}


def _choose(asset: Asset, request: HttpRequest) -> Body:
    """Return the bytes in the best encoding that the client takes."""
    if asset.encodings:
        header = request.META.get("HTTP_ACCEPT_ENCODING", "")
        for encoding in accepted_encodings(header):
            if encoding in asset.encodings:
                return asset.encodings[encoding]
    return asset.plain


@lru_cache(maxsize=256)
def accepted_encodings(header: str) -> tuple[str, ...]:
    """Return "br" and "gzip" as far as the header allows, the better one first."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        coding, _, parameter = part.partition(";")
        weights[coding.strip()] = _weight(parameter)
    allowed = {name: weights.get(name, weights.get("*", 0)) for name in ("br", "gzip")}
    ranked = sorted(allowed, key=lambda name: -allowed[name])
    return tuple(name for name in ranked if allowed[name] > 0)


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _whole(
    request: HttpRequest, body: Body, headers: dict[str, str]
) -> HttpResponseBase:
    headers["Content-Length"] = str(body.size)
    headers["Accept-Ranges"] = "bytes"
    if request.method == "HEAD":
        return _bare(HTTPStatus.OK, headers)
    return AssetResponse(body.open(), headers=headers)


def _partial(
    request: HttpRequest, body: Body, headers: dict[str, str]
) -> HttpResponseBase:
    """Answer a request for a part; of one that cannot be read, with the whole."""
    try:
        wanted = read_range(request.META["HTTP_RANGE"], body.size)
    except UnsatisfiableRangeError:
        headers["Content-Range"] = f"bytes */{body.size}"
        headers["Cache-Control"] = NO_STORE
        return _bare(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers)
    if wanted is None or request.method == "HEAD":
        return _whole(request, body, headers)
    headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{body.size}"
    headers["Content-Length"] = str(len(wanted))
    part = Section(body.open(), wanted)
    return AssetResponse(part, status=HTTPStatus.PARTIAL_CONTENT, headers=headers)


def _bare(status: HTTPStatus, headers: dict[str, str]) -> HttpResponse:
    """Answer without a body; no type is made up for it."""
    headers.setdefault("Content-Type", "")
    response = HttpResponse(status=status, headers=headers)
    if not headers["Content-Type"]:
        del response.headers["Content-Type"]
    return response
