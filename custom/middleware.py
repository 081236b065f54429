"""What happens to every request before and after its view."""

import logging
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, cast

import structlog
from corsheaders.middleware import CorsMiddleware
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
)
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.urls import is_valid_path
from django.utils.cache import patch_vary_headers, set_response_etag
from django.utils.functional import LazyObject, empty
from django_structlog.middlewares import RequestMiddleware
from rest_framework.renderers import TemplateHTMLRenderer
from structlog.contextvars import bind_contextvars, unbind_contextvars

from custom import origins
from custom.api.conditional import CONDITIONS
from custom.api.handlers import is_api_path, problem_response
from custom.api.problems import PROBLEM_BY_STATUS, Problem, ProblemResponse

REQUEST_LOG = "django_structlog.middlewares.request"

GetResponse = Callable[[HttpRequest], HttpResponseBase]

REQUEST_ID_HEADER = "X-Request-ID"
# Wide enough for the usual identifiers, too narrow to forge a log line with.
SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}", re.ASCII)
# Headers that state a fact about the failure, whatever form its body has.
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
NAMELESS_PATHS = ("/health/", "/metrics")
STATUSES_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
MIN_ERROR_STATUS = 400


class RequestIdMiddleware:
    """Gives every request an id: the client's own if it is sane, else a new one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set ``request.request_id`` and the header, in and out."""
        # Not by ``request.headers``: it would keep what is about to be replaced.
        request_id = request.META.get("HTTP_X_REQUEST_ID", "")
        if not SANE_REQUEST_ID.fullmatch(request_id):
            request_id = str(uuid.uuid4())
        request.META["HTTP_X_REQUEST_ID"] = request_id
        request.request_id = request_id  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers[REQUEST_ID_HEADER] = request_id
        return response


class HostMiddleware:
    """Answers to the names of this shop alone, whether or not a view asks for it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse another name; probes from inside come by address."""
        if not request.path_info.startswith(NAMELESS_PATHS):
            request.get_host()  # raises DisallowedHost: a 400
        return self.get_response(request)


class OriginMiddleware:
    """Lets the history know through which request, and by whom, a change came."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set the origin for as long as the request is answered."""
        source = origins.API if is_api_path(request.path_info) else origins.ADMIN
        with origins.origin(source, request=request):
            response = self.get_response(request)
        vars(request).pop("auser", None)  # holds the request; nobody awaits
        return response


class RequestLogMiddleware(RequestMiddleware):
    """Logs each request without its query string, and without reading the session.

    RequestIdMiddleware has named it.
    """

    def __init__(self, get_response: Any) -> None:  # noqa: ANN401 - the library's
        super().__init__(get_response)
        self._log = structlog.get_logger(REQUEST_LOG).bind()  # once, not each time

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Log around the rest; the library looks each time whether it is awaited."""
        self.prepare(request)
        response: HttpResponse = self.get_response(request)  # type: ignore[assignment]
        self.handle_response(request, response)
        return response

    def prepare(self, request: HttpRequest) -> None:
        """Log that it came.

        Whose it is, is not known yet; nobody listens to the library's signals.
        """
        bind_contextvars(request_id=request.request_id)  # type: ignore[attr-defined]
        if self._log.isEnabledFor(logging.INFO):
            self._log.info("request_started", request=self.format_request(request))

    def handle_response(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Log how it ended; failures and streams as the library does."""
        if response.streaming or hasattr(request, "_raised_exception"):
            super().handle_response(request, response)  # type: ignore[arg-type]
            return
        is_failure = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
        level = logging.ERROR if is_failure else logging.INFO
        if self._log.isEnabledFor(level):
            self.bind_user_id(request)
            self._log.log(
                level,
                "request_finished",
                code=response.status_code,
                request=self.format_request(request),
            )
        unbind_contextvars("request_id", "user_id")

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Name the request; query strings carry tokens and search terms."""
        return f"{request.method} {request.path}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Bind the caller's id only if the view asked who it was."""
        user = getattr(request, "user", None)
        is_unread = isinstance(user, LazyObject) and user._wrapped is empty  # noqa: SLF001
        if user is not None and not is_unread:
            bind_contextvars(user_id=user.pk)


class PagePolicyMiddleware(CSPMiddleware):
    """States for every page of HTML what it may load, run and use; nothing else's."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the content security policy, with the page's nonce if it used one."""
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page:
            response.headers["Permissions-Policy"] = settings.PERMISSIONS_POLICY
            response = super().process_response(request, response)
        # It holds the request, which only the garbage collector would free then.
        vars(request).pop("csp_nonce", None)
        return response


class ProblemMiddleware:
    """Lets no failure below ``/api/`` leave as anything but a problem document."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Replace pages that Django or a view of pages answered with."""
        response = self.get_response(request)
        if (
            response.status_code < MIN_ERROR_STATUS
            or not is_api_path(request.path_info)
            or _is_meant_so(response)
        ):
            return response
        problem = (
            response.problem
            if isinstance(response, ProblemResponse)
            else _problem_of(response.status_code)
        )
        replacement = problem_response(request, problem)
        for name in KEPT_HEADERS:
            if name in response.headers:
                replacement.headers[name] = response.headers[name]
        if "Vary" in response.headers:
            patch_vary_headers(replacement, response.headers["Vary"].split(","))
        replacement.cookies = response.cookies
        return replacement


class BodyLimitMiddleware:
    """Refuses bodies that are too large, or no body of the API, before reading them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 411, 413 or 415 by the headers alone."""
        status = _body_fault(request)
        if is_api_path(request.path_info):
            if status is not None:
                return problem_response(request, PROBLEM_BY_STATUS[status])
        elif status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            text = PROBLEM_BY_STATUS[status].detail
            return HttpResponse(text, "text/plain; charset=utf-8", status)
        return self.get_response(request)


class ContentLengthMiddleware:
    """States the length of every answer that is whole, so that none is chunked."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the header unless the answer has it, is a stream or may not have it."""
        response = self.get_response(request)
        has_body = response.status_code not in STATUSES_WITHOUT_BODY
        if isinstance(response, HttpResponse) and has_body:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


class CrossOriginMiddleware(CorsMiddleware):
    """Reads all headers, as the library does, for requests of other sites alone."""

    def __call__(self, request: HttpRequest) -> Any:  # noqa: ANN401 - the library's
        """Answer preflights, let other sites read answers, and vary by who asks."""
        if "HTTP_ORIGIN" in request.META or request.method == "OPTIONS":
            return super().__call__(request)
        response = self.get_response(request)
        if self.is_enabled(request):
            patch_vary_headers(cast("HttpResponse", response), ("origin",))
        return response


class ConditionalHeadMiddleware(ConditionalGetMiddleware):
    """Gives HEAD the tag, or the 304, that GET gets: the body is still there."""

    def needs_etag(self, response: HttpResponseBase) -> bool:
        """Tell whether anyone may keep the answer."""
        return "no-store" not in response.headers.get("Cache-Control", "").lower()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Tag and compare what is answered to GET or HEAD."""
        if request.method == "GET" and CONDITIONS.isdisjoint(request.META):
            if "ETag" not in response.headers and self.needs_etag(response):
                set_response_etag(response)
            return response
        is_whole = isinstance(response, HttpResponse) and response.content
        if request.method != "HEAD" or not is_whole:
            return super().process_response(request, response)
        request.method = "GET"
        try:
            return super().process_response(request, response)
        finally:
            request.method = "HEAD"


class SlashMiddleware:
    """Leads a reader to the right path; never repeats a write there."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Redirect a GET that lacks the last slash, explain it to other methods."""
        if not _lacks_slash(request):
            return self.get_response(request)
        if request.method in ("GET", "HEAD"):
            target = request.get_full_path(force_append_slash=True)
            return HttpResponsePermanentRedirect(target)
        if not is_api_path(request.path_info):
            return self.get_response(request)
        path = request.path
        problem = replace(
            PROBLEM_BY_STATUS[HTTPStatus.NOT_FOUND],
            detail=f"There is nothing at {path}; the right path is {path}/.",
        )
        return problem_response(request, problem)


def _is_meant_so(response: HttpResponseBase) -> bool:
    """Tell problem documents, and what developers look at, from other pages."""
    if settings.DEBUG and response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        return True
    renderer = getattr(response, "accepted_renderer", None)
    return isinstance(response, ProblemResponse) and (
        not isinstance(renderer, TemplateHTMLRenderer)
    )


def _lacks_slash(request: HttpRequest) -> bool:
    """Tell whether only a last slash is missing from the path."""
    path = request.path_info
    urlconf = getattr(request, "urlconf", None)
    return (
        not path.endswith("/")
        and not is_valid_path(path, urlconf)
        and bool(is_valid_path(f"{path}/", urlconf))
    )


def _body_fault(request: HttpRequest) -> HTTPStatus | None:
    """Return the status that the headers of a body deserve, if any."""
    length = request.META.get("CONTENT_LENGTH") or ""
    is_chunked = "HTTP_TRANSFER_ENCODING" in request.META
    if (is_chunked and not length) or (length and not length.isdecimal()):
        return HTTPStatus.LENGTH_REQUIRED
    if length and int(length) > _body_limit(request):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    coding = request.META.get("HTTP_CONTENT_ENCODING", "identity")
    if coding.strip().lower() != "identity":
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return None


def _body_limit(request: HttpRequest) -> int:
    """Return how many bytes an address takes at most."""
    limit: int = settings.PAGE_BODY_LIMIT
    if is_api_path(request.path_info):
        takes_files = re.fullmatch(settings.API_UPLOAD_PATH, request.path_info)
        limit = settings.API_UPLOAD_LIMIT if takes_files else settings.API_BODY_LIMIT
    return limit


def _problem_of(status: int) -> Problem:
    """Describe a failure of which only the status is known."""
    if problem := PROBLEM_BY_STATUS.get(status):
        return problem
    is_ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    nearest = HTTPStatus.INTERNAL_SERVER_ERROR if is_ours else HTTPStatus.BAD_REQUEST
    return replace(PROBLEM_BY_STATUS[nearest], status=status)
