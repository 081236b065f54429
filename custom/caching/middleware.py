"""Answers public pages from Redis, and keeps what their views render."""

from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import (
    get_conditional_response,
    has_vary_header,
    set_response_etag,
)

from custom.caching import metrics
from custom.caching.bodies import SHOWN_ATTRIBUTE, Body, Shown
from custom.caching.pages import ATTRIBUTE, CONDITIONS, Page, page_of
from custom.caching.release import release
from custom.caching.store import get_store
from custom.caching.versions import EVERYTHING, field_of
from custom.throttling.counting import counts_of
from custom.timing import KEPT_PAGE

GetResponse = Callable[[HttpRequest], HttpResponseBase]
KEPT_HEADERS = ("Surrogate-Key",)  # of a 304, beside those RFC 9110 names


class PageLookupMiddleware:
    """Has the rate limit's round trip bring the page that is asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        release()  # reads many files: not in the first request

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Name the page, if it is one."""
        page = page_of(request)
        if page is not None:
            setattr(request, ATTRIBUTE, page)
            counts_of(request).errands = get_store().errands(page)
        return self.get_response(request)


class PageCacheMiddleware:
    """Answers with a page that is kept, or has it rendered for everyone who waits."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; stamps, CORS headers and the like are put on outside."""
        page: Page | None = getattr(request, ATTRIBUTE, None)
        if page is None:
            return self.get_response(request)
        store = get_store()
        body = store.find(page, counts_of(request).brought)
        source = metrics.HIT
        if body is None and page.generation and request.method == "GET":
            body = store.await_turn(page)
            source = metrics.WAITED
        if body is None:
            source = metrics.MISSED if page.generation else metrics.BYPASSED
        metrics.answers(source).inc()
        setattr(request, KEPT_PAGE, source)
        if body is None:
            return self._render(request, page)
        return _on_condition(request, body.response())

    def _render(self, request: HttpRequest, page: Page) -> HttpResponseBase:
        """Have the view answer, in full, and keep that if it may be kept."""
        store = get_store()
        page.become(request)
        try:
            response = self.get_response(request)
            shown: Shown | None = getattr(response, SHOWN_ATTRIBUTE, None)
            if shown and isinstance(response, HttpResponse):
                _tag(response)
            if shown and page.generation and _may_be_kept(request, response):
                store.keep(page, _body_of(page, response, shown), shown.seconds)
        finally:
            store.end_turn(page, is_kept=False)
            page.restore(request)
        return _on_condition(request, response)


def _tag(response: HttpResponse) -> None:
    """Give a page its tag: a digest of what it says; an answer to HEAD has none yet."""
    if "ETag" not in response.headers:
        set_response_etag(response)


def _may_be_kept(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Tell whether an answer is whole, nobody's own, and not too large."""
    return (
        request.method == "GET"
        and response.status_code == HTTPStatus.OK
        and isinstance(response, HttpResponse)
        and not response.cookies
        and not has_vary_header(response, "Cookie")
        and len(response.content) <= settings.CACHE_BODY_BYTES
    )


def _body_of(page: Page, response: HttpResponseBase, shown: Shown) -> Body:
    fields = {EVERYTHING, *map(field_of, shown.tags)}
    return Body(
        page.generation,
        page.n,
        tuple(sorted(fields)),
        list(response.headers.items()),
        getattr(response, "content", b""),
    )


def _on_condition(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Answer 304 to who has it already, comparing the tags weakly."""
    tag = response.headers.get("ETag")
    if tag is None or not any(name in request.META for name in CONDITIONS):
        return response
    whole = cast("HttpResponse", response)
    answer = get_conditional_response(request, etag=tag, response=whole) or whole
    for name in KEPT_HEADERS:
        if name in response.headers:
            answer.headers.setdefault(name, response.headers[name])
    return answer
