"""Answers public pages from Redis, and keeps what their views render."""

from collections.abc import Callable, Hashable, Mapping
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

from custom.api.conditional import CONDITIONS
from custom.api.handlers import problem_response
from custom.api.problems import PROBLEM_BY_STATUS
from custom.caching import metrics
from custom.caching.bodies import SHOWN_ATTRIBUTE, Body, Shown
from custom.caching.moments import ask_moment
from custom.caching.pages import ATTRIBUTE, Page, page_of
from custom.caching.release import release
from custom.caching.store import get_store
from custom.caching.versions import EVERYTHING, field_of
from custom.throttling.counting import RequestCounts, counts_of
from custom.throttling.headers import STAMPS, stamp
from custom.timing import KEPT_PAGE

GetResponse = Callable[[HttpRequest], HttpResponseBase]
KEPT_HEADERS = ("Surrogate-Key",)  # of a 304, beside those RFC 9110 names
OWN_HEADERS = frozenset({"ETag", "Surrogate-Key"})  # of a single page
# Who sends one of these, or a cookie, is answered with more, or less, than the page.
NOT_PLAIN = (*CONDITIONS, "HTTP_AUTHORIZATION", "HTTP_ORIGIN")
# Written anew for each answer.
COUNTED_HEADERS = frozenset({*STAMPS, "Content-Length"})
MAX_ALIKE = 1000  # kinds of pages; there are some ten


class PageLookupMiddleware:
    """Has the rate limit's round trip bring the page that is asked for.

    Who asks for nothing but the page is answered here, where it is kept: what is around
    it would write the same headers as ever.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        release()  # reads many files: not in the first request
        # What is alike -> headers that were written around it, by lower-case names.
        self._around: dict[Hashable, dict[str, tuple[str, str]]] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Name the page, if it is one; answer it, or let others."""
        page = page_of(request)
        if page is None:
            ask_moment(request)
            return self.get_response(request)
        store, counts = get_store(), counts_of(request)
        setattr(request, ATTRIBUTE, page)
        counts.errands = store.errands(page)
        if not is_plain(request):
            return self.get_response(request)
        if store.knows(page):
            counts.count_request(None)
            page.body = store.find(page, counts.brought)
            if page.body and not counts.refused:
                around = self._around.get(_alike(request, page.body))
                if around is not None:
                    return _again(page.body, around, counts)
        response = self.get_response(request)
        if page.body and response.status_code == HTTPStatus.OK:
            self._learn(request, page.body, response)
        return response

    def _learn(
        self, request: HttpRequest, body: Body, response: HttpResponseBase
    ) -> None:
        """Remember what was written around a body that was found."""
        if len(self._around) >= MAX_ALIKE:
            self._around.clear()
        own = dict(body.headers)
        self._around[_alike(request, body)] = {
            name.lower(): (name, value)
            for name, value in response.headers.items()
            if own.get(name) != value and name not in COUNTED_HEADERS
        }


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
        body = page.body or store.find(page, counts_of(request).brought)
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
        page.body = body
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


def is_plain(request: HttpRequest) -> bool:
    """Tell whether a request asks for a page alone: by nobody, on no condition."""
    meta = request.META
    return (
        request.method == "GET"
        and not meta.get("HTTP_COOKIE")
        and meta.keys().isdisjoint(NOT_PLAIN)
    )


def _alike(request: HttpRequest, body: Body) -> Hashable:
    """Return what decides on the headers around a page: how it came, and its own."""
    own = (tuple(pair) for pair in body.headers if pair[0] not in OWN_HEADERS)
    return request.scheme, *own


def _again(
    body: Body, around: Mapping[str, tuple[str, str]], counts: RequestCounts
) -> HttpResponse:
    """Answer as before, but for the length and where the client stands."""
    metrics.answers(metrics.HIT).inc()
    response = body.response(around)
    response.headers["Content-Length"] = str(len(body.content))
    stamp(response, counts)
    return response


def _tag(response: HttpResponse) -> None:
    """Give a page its tag: a digest of what it says."""
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
    if answer.status_code == HTTPStatus.PRECONDITION_FAILED:
        return problem_response(request, PROBLEM_BY_STATUS[answer.status_code])
    for name in KEPT_HEADERS:
        if name in response.headers:
            answer.headers.setdefault(name, response.headers[name])
    return answer
