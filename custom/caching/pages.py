"""Which request asks for which page."""

import hashlib
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.settings import api_settings

from custom.api.conditional import CONDITIONS
from custom.api.negotiation import FORMAT_PARAMETER, QualityNegotiation
from custom.api.parameters import IGNORED_PARAMETERS
from custom.caching.bodies import Body
from custom.caching.release import release

ATTRIBUTE: Final = "page"
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
# What a GET has no use for; whoever sends it is answered by the view.
BODY_HEADERS: Final = (
    "HTTP_TRANSFER_ENCODING",
    "HTTP_CONTENT_ENCODING",
)
MAX_HEADER: Final = 500  # characters of Accept or the query string


@dataclass(slots=True)
class Page:
    """A public page that a request asks for.

    Attributes:
        name: Identifies it: address, parameters in one order, format and version.
        query: Its parameters in that order, without those that mean nothing.
        fields: Of versions that were read along with it.
        body: What is kept of it, once that has been read and is good.
        generation, n: As the versions stood when the request came; "" is unknown.
        old_size: Bytes of the body that was found.
        left: Milliseconds for which that one stays; it leaves its room to the next.
        has_turn: Others wait for this request's rendering.
        has_room: There is room for another body.
    """

    name: str
    query: str
    fields: tuple[str, ...] = ()
    body: Body | None = None
    generation: str = ""
    n: int = 0
    old_size: int = 0
    left: int = 0
    has_turn: bool = False
    has_room: bool = False
    conditions: dict[str, str] = field(default_factory=dict)

    def become(self, request: HttpRequest) -> None:
        """Turn a request into the one that renders the page, whoever asks how."""
        meta: MutableMapping[str, Any] = request.META
        for name in CONDITIONS:
            if name in meta:
                self.conditions[name] = meta.pop(name)
        if meta.get("QUERY_STRING", "") != self.query:
            meta["QUERY_STRING"] = self.query
            request.__dict__.pop("GET", None)  # it was read from the former one

    def restore(self, request: HttpRequest) -> None:
        """Put the client's conditions back."""
        request.META.update(self.conditions)


def page_of(request: HttpRequest) -> Page | None:
    """Return the page a request asks for; None where none may be kept."""
    if not (
        settings.CACHE_PAGES
        and request.method in SAFE_METHODS
        and request.path_info.startswith(settings.CACHE_PATHS)
    ):
        return None
    meta = request.META
    if meta.get("CONTENT_LENGTH") not in (None, "", "0") or any(
        name in meta for name in BODY_HEADERS
    ):
        return None
    accept = meta.get("HTTP_ACCEPT", "*/*")
    query = meta.get("QUERY_STRING", "")
    if len(accept) > MAX_HEADER or len(query) > MAX_HEADER:
        return None
    try:
        site = f"{request.scheme}://{request.get_host()}"
        query, wanted = read_query(query, request.encoding) if query else ("", None)
    except SuspiciousOperation:
        return None
    media_type = negotiate(accept, wanted)
    if media_type is None:
        return None
    told = f"{release()}\n{site}{request.path}?{query}\n{media_type}"
    digest = hashlib.blake2b(told.encode(errors="replace"), digest_size=16)
    return Page(digest.hexdigest(), query)


@lru_cache(maxsize=1024)
def negotiate(accept: str, wanted: str | None) -> str | None:
    """Return the media type an answer will have; None if there is none."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    if wanted is not None:
        query: Any = QueryDict(urlencode({FORMAT_PARAMETER: wanted}))
        request.GET = query
    classes: Any = api_settings.DEFAULT_RENDERER_CLASSES
    renderers = [one() for one in classes]
    try:
        renderer, media_type = QualityNegotiation().select_renderer(
            Request(request), renderers
        )
    except APIException:
        return None
    return f"{renderer.format} {media_type}"


@lru_cache(maxsize=1024)
def read_query(query: str, encoding: str | None) -> tuple[str, str | None]:
    """Return a query string as it is kept, and the format it asks for.

    By name, without what is ignored.

    Args:
        query: As WSGI has it.
        encoding: Of the request; None for the usual one.
    """
    given = QueryDict(query.encode("latin-1"), encoding=encoding)
    pairs = [
        (name, value)
        for name, values in given.lists()
        if not IGNORED_PARAMETERS.fullmatch(name)
        for value in values
    ]
    return urlencode(sorted(pairs, key=itemgetter(0))), given.get(FORMAT_PARAMETER)
