"""Counts what reaches no throttle, and tells every client where it stands."""

from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject, empty
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException, Throttled
from rest_framework.request import Request
from rest_framework.settings import api_settings

from custom.api.handlers import is_api_path, problem_response
from custom.api.problems import describe
from custom.limits.identity import mask_address
from custom.rates import PER_MINUTE
from custom.throttling.counting import (
    UNCOUNTED_METHODS,
    Count,
    RequestCounts,
    counts_of,
)
from custom.throttling.headers import LIMIT_HEADER, stamp

GetResponse = Callable[[HttpRequest], HttpResponseBase]

logger = structlog.get_logger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD"})
MIN_ERROR_STATUS = 400
TOO_MANY = 429
KNOWN_CALLER = "known_caller"  # user and token, once a request has shown it
# What a refusal takes over from the answer it replaces.
KEPT_PREFIXES = ("access-control-", "vary")


class RateHeadersMiddleware:
    """States the limit on what other middleware answered, such as preflights."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Stamp an answer that has no stamp."""
        response = self.get_response(request)
        if is_api_path(request.path_info) and LIMIT_HEADER not in response.headers:
            stamp(response, counts_of(request))
        return response


class ThrottleMiddleware:
    """Counts every request below ``/api/`` once, and stamps every answer.

    A request without credentials is charged to its address before anything is done,
    and so is one for a public page, which may need no view, to its account.
    Any other with credentials is charged by ``PerMinuteThrottle``, once it is known
    whose they are; what never came so far (401, 403, 404, 406) is charged afterwards,
    and is answered 429 if nothing is left.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Count, answer or refuse, stamp."""
        if not is_api_path(request.path_info):
            return self.get_response(request)
        counts = counts_of(request)
        is_counted = request.method not in UNCOUNTED_METHODS
        is_free = request.path_info in settings.RATE_FREE_PATHS
        if is_counted and not is_free:
            self._count_early(request, counts)
        if refused := counts.refused:
            response: HttpResponseBase = refuse(request, refused)
        else:
            response = self.get_response(request)
            is_free = is_free and response.status_code < MIN_ERROR_STATUS
            if is_counted and not is_free:
                response = self._count_late(request, response, counts)
        if response.status_code == TOO_MANY and (refused := counts.refused):
            response.headers["Cache-Control"] = "no-store"
            log_refusal(request, response, counts)
        stamp(response, counts)
        return response

    @staticmethod
    def _count_early(request: HttpRequest, counts: RequestCounts) -> None:
        """Charge a request before its view, if it is known who makes it."""
        if not has_credentials(request):
            counts.count_request(None)
        elif counts.errands:  # for a page that is the same with any session
            try:
                user_pk = _token_caller(request)
            except (APIException, DatabaseError):
                return  # the view refuses it
            counts.count_request(user_pk)

    def _count_late(
        self, request: HttpRequest, response: HttpResponseBase, counts: RequestCounts
    ) -> HttpResponseBase:
        """Charge a request that no throttle has seen.

        A write that was carried out is never told that it was refused.
        """
        if PER_MINUTE in counts.counts:
            return response
        count = counts.count_request(find_user_pk(request))
        is_done = (
            response.status_code < MIN_ERROR_STATUS
            and request.method not in SAFE_METHODS
        )
        if count is None or not count.is_refused or is_done:
            return response
        refusal = refuse(request, count)
        for name, value in response.headers.items():
            if name.lower().startswith(KEPT_PREFIXES):
                refusal.headers[name] = value
        return refusal


def refuse(request: HttpRequest, count: Count) -> HttpResponseBase:
    """Answer 429 with a problem in the client's format."""
    problem = describe(Throttled(count.verdict and count.verdict.wait))
    assert problem is not None  # noqa: S101 - every APIException has one
    return problem_response(request, problem)


def has_credentials(request: HttpRequest) -> bool:
    """Tell whether the request may turn out to be an account's."""
    return (
        "HTTP_AUTHORIZATION" in request.META
        or settings.SESSION_COOKIE_NAME in request.COOKIES
    )


def find_user_pk(request: HttpRequest) -> Any:  # noqa: ANN401 - whatever key it is
    """Return the key of the account behind a request, None if there is none.

    A view that asked has left its answer on the request; where no view was reached
    the API's own authenticators are asked.
    """
    user = getattr(request, "user", None)
    is_unread = isinstance(user, LazyObject) and user._wrapped is empty  # noqa: SLF001
    if user is None or is_unread:
        if not has_credentials(request):
            return None
        user = _authenticate(request)
    return user.pk if user is not None and user.is_authenticated else None


def _authenticate(request: HttpRequest) -> Any:  # noqa: ANN401 - a user, or nobody
    """Ask the API's authenticators; bad credentials, or no database, are nobody's."""
    classes: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    try:
        return Request(request, authenticators=[one() for one in classes]).user
    except (APIException, DatabaseError):
        return None


def _token_caller(request: HttpRequest) -> Any:  # noqa: ANN401 - a key, or None
    """Return the key of the account whose token a request has, None without one.

    Raises:
        APIException: The token opens nothing.
    """
    classes: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    asked = Request(request)
    for one in classes:
        if issubclass(one, SessionAuthentication):
            continue
        if (found := one().authenticate(asked)) is not None:
            setattr(request, KNOWN_CALLER, found)
            return found[0].pk
    return None


def log_refusal(
    request: HttpRequest, response: HttpResponseBase, counts: RequestCounts
) -> None:
    """Write the one line of a refusal; addresses are masked."""
    user = counts.user_pk
    logger.info(
        "request_throttled",
        status=response.status_code,
        path=request.path,
        content=getattr(response, "content", b"").decode(errors="replace"),
        method=request.method,
        user=mask_address(counts.client_address) if user is None else user,
    )
