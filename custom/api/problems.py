"""Turns every failure below ``/api/`` into an RFC 9457 problem document.

The only module that knows which HTTP status a domain error has.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings

from custom.errors import (
    ConflictError,
    DomainError,
    GoneError,
    InvalidError,
    MissingError,
    StaleError,
    TooOftenError,
    UnavailableError,
)

logger = logging.getLogger(__name__)

MOST_UNKNOWN = 20  # names that a refusal lists: a body or an address holds thousands

STATUS_BY_CATEGORY: dict[type[DomainError], HTTPStatus] = {
    InvalidError: HTTPStatus.UNPROCESSABLE_ENTITY,
    MissingError: HTTPStatus.NOT_FOUND,
    GoneError: HTTPStatus.GONE,
    ConflictError: HTTPStatus.CONFLICT,
    StaleError: HTTPStatus.PRECONDITION_FAILED,
    TooOftenError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
# Django's own exceptions; the first that fits counts.
FOREIGN_STATUSES: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (Http404, HTTPStatus.NOT_FOUND),
    (PermissionDenied, HTTPStatus.FORBIDDEN),
    (RequestDataTooBig, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (SuspiciousOperation, HTTPStatus.BAD_REQUEST),
    (UnreadablePostError, HTTPStatus.BAD_REQUEST),
    (OperationalError, HTTPStatus.SERVICE_UNAVAILABLE),
    (InterfaceError, HTTPStatus.SERVICE_UNAVAILABLE),
)
# DRF's codes that would tell a client too little, or that it spells differently.
RENAMED_CODES = {
    "parse-error": "malformed-body",
    "authentication-failed": "token-invalid",
    "error": "internal-error",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What went wrong, before anyone chose JSON or XML.

    ``extra`` members stand beside the standard ones and never replace them.
    """

    status: int
    code: str
    title: str
    detail: str
    extra: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, request_id: str | None) -> dict[str, object]:
        """Return the members as the client reads them, standard ones first."""
        document: dict[str, object] = {
            "type": f"urn:shop:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": as_sentence(self.detail),
            "code": self.code,
        }
        if request_id:
            document["request_id"] = request_id
        return document | {
            name: value for name, value in self.extra.items() if name not in document
        }


# What is said when nothing but the status is known.
PROBLEM_BY_STATUS: dict[int, Problem] = {
    problem.status: problem
    for problem in (
        Problem(
            status=400,
            code="bad-request",
            title="Bad request",
            detail="The request could not be understood.",
        ),
        Problem(
            status=401,
            code="not-authenticated",
            title="Not signed in",
            detail="Authentication credentials were not provided.",
        ),
        Problem(
            status=403,
            code="permission-denied",
            title="Not allowed",
            detail="You do not have permission to do this.",
        ),
        Problem(
            status=404,
            code="not-found",
            title="Not found",
            detail="There is nothing here, or you may not see it.",
        ),
        Problem(
            status=405,
            code="method-not-allowed",
            title="Method not allowed",
            detail="This address does not answer that method.",
        ),
        Problem(
            status=406,
            code="not-acceptable",
            title="Not acceptable",
            detail="This address cannot answer in an accepted format or version.",
        ),
        Problem(
            status=411,
            code="length-required",
            title="Length required",
            detail="Send the body with a Content-Length.",
        ),
        Problem(
            status=412,
            code=StaleError.code,
            title=StaleError.title,
            detail="The condition that the request names does not hold.",
        ),
        Problem(
            status=413,
            code="body-too-large",
            title="Body too large",
            detail="The body is larger than this shop takes.",
        ),
        Problem(
            status=415,
            code="unsupported-media-type",
            title="Unsupported media type",
            detail="Send the body as application/json or application/xml in UTF-8.",
        ),
        Problem(
            status=429,
            code="throttled",
            title="Too many requests",
            detail="Request was throttled.",
        ),
        Problem(
            status=500,
            code="internal-error",
            title="Internal error",
            detail="Something went wrong on our side; it has been recorded.",
        ),
        Problem(
            status=503,
            code="unavailable",
            title="Temporarily unavailable",
            detail="The shop cannot answer right now; try again shortly.",
            headers={"Retry-After": "1"},
        ),
    )
}
TITLE_BY_CODE = {
    problem.code: problem.title for problem in PROBLEM_BY_STATUS.values()
} | {
    "invalid-input": "Invalid input",
    "malformed-body": "Malformed body",
    "token-invalid": "Invalid token",
    "token-expired": "Expired token",
    "moved": "Moved",
}


class ProblemResponse(Response):
    """An answer that is a problem document; renderers label it as one."""

    def __init__(self, problem: Problem, request_id: str | None) -> None:
        super().__init__(
            problem.document(request_id), problem.status, headers=dict(problem.headers)
        )
        self.problem = problem


class QueryParameterError(ValidationError):
    """A query parameter is unknown or has a bad value; keys are their names."""


class MovedError(APIException):
    """What was asked for has another address; clients go there by themselves.

    The answer may not be kept unasked: the old address may be somebody's again.
    """

    default_code = "moved"

    def __init__(self, location: str, *, keeps_method: bool) -> None:
        """Name the path, query included; other methods than GET ask for 308."""
        super().__init__(f"This is now at {location}")
        self.location = location
        self.status_code = (
            HTTPStatus.PERMANENT_REDIRECT
            if keeps_method
            else HTTPStatus.MOVED_PERMANENTLY
        )


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Return a problem document, or ``None`` to let a bug become a 500."""
    problem = describe(exc)
    if problem is None:
        return None
    if isinstance(exc, DomainError):
        problem = _point(problem, exc, context.get("view"))
    return ProblemResponse(problem, getattr(context.get("request"), "request_id", None))


def describe(exc: Exception) -> Problem | None:
    """Say what an exception means to a client; ``None`` when it is a bug."""
    if isinstance(exc, DomainError):
        return _describe_domain_error(exc)
    if isinstance(exc, ValidationError):
        return _describe_validation_error(exc)
    if isinstance(exc, APIException):
        return _describe_api_exception(exc)
    if isinstance(exc, OperationalError | InterfaceError):
        logger.error("database_unavailable", exc_info=exc)
    statuses = (status for kind, status in FOREIGN_STATUSES if isinstance(exc, kind))
    status = next(statuses, None)
    return None if status is None else PROBLEM_BY_STATUS[status]


def _describe_domain_error(exc: DomainError) -> Problem:
    """Give a broken rule the status of its category."""
    status = next(
        status
        for category, status in STATUS_BY_CATEGORY.items()
        if isinstance(exc, category)
    )
    retry_after = getattr(exc, "retry_after", None)
    return Problem(
        status=status,
        code=exc.code,
        title=exc.title,
        detail=exc.detail,
        extra=exc.extra,
        headers={} if retry_after is None else {"Retry-After": str(retry_after)},
    )


def _point(problem: Problem, exc: DomainError, view: object) -> Problem:
    """Name the member of the body that a broken rule is about, if the view knows it."""
    pointers: Mapping[type[DomainError], str] = getattr(view, "error_pointers", {})
    found = (each for kind, each in pointers.items() if isinstance(exc, kind))
    pointer = next(found, None)
    if pointer is None or "errors" in problem.extra:
        return problem
    fault = {
        "pointer": pointer,
        "code": problem.code,
        "detail": as_sentence(problem.detail),
    }
    return replace(problem, extra={**problem.extra, "errors": [fault]})


def _describe_validation_error(exc: ValidationError) -> Problem:
    """List every fault of the input with a JSON pointer to its place."""
    root = "#/query" if isinstance(exc, QueryParameterError) else "#"
    errors = list(list_faults(exc.get_full_details(), root))
    places = "1 fault" if len(errors) == 1 else f"{len(errors)} faults"
    return Problem(
        status=exc.status_code,
        code="invalid-input",
        title=TITLE_BY_CODE["invalid-input"],
        detail=f"The request has {places}; see errors.",
        extra={"errors": errors},
    )


def _describe_api_exception(exc: APIException) -> Problem:
    """Keep DRF's status, code, sentence and headers."""
    detail = exc.detail
    if not isinstance(detail, ErrorDetail):
        detail = ErrorDetail(str(exc.default_detail), exc.default_code)
    code = str(detail.code).replace("_", "-")
    code = RENAMED_CODES.get(code, code)
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(exc, MovedError):
        headers |= {"Location": exc.location, "Cache-Control": "no-cache"}
    by_status = PROBLEM_BY_STATUS.get(exc.status_code)
    title = by_status.title if by_status else HTTPStatus(exc.status_code).phrase
    return Problem(
        status=exc.status_code,
        code=code,
        title=TITLE_BY_CODE.get(code, title),
        detail=detail,
        extra=getattr(exc, "extra", None) or _errors_of_input(exc, code, detail),
        headers=headers,
    )


def _errors_of_input(exc: APIException, code: str, detail: str) -> dict[str, object]:
    """Give a bad request that has one fault the same list as those that have many.

    An exception may name the place in ``pointer``; else it is the whole body.
    """
    if exc.status_code != HTTPStatus.BAD_REQUEST:
        return {}
    pointer = getattr(exc, "pointer", "#")
    fault = {"pointer": pointer, "code": code, "detail": as_sentence(detail)}
    return {"errors": [fault]}


def list_faults(details: Any, pointer: str) -> Iterator[dict[str, str]]:  # noqa: ANN401
    """Flatten DRF's nested details, depth first, in the order of the fields."""
    if isinstance(details, dict) and details.keys() == {"message", "code"}:
        yield {
            "pointer": pointer,
            "code": str(details["code"]).replace("_", "-"),
            "detail": as_sentence(str(details["message"])),
        }
    elif isinstance(details, dict):
        for name, inner in details.items():
            if name == api_settings.NON_FIELD_ERRORS_KEY:
                yield from list_faults(inner, pointer)
            else:
                yield from list_faults(inner, f"{pointer}/{pointer_token(name)}")
    else:
        for position, inner in enumerate(details):
            is_fault = isinstance(inner, dict) and inner.keys() == {"message", "code"}
            if is_fault and inner in details[:position]:
                continue  # another check of the value says just the same
            place = pointer if is_fault else f"{pointer}/{position}"
            yield from list_faults(inner, place)


def pointer_token(name: object) -> str:
    """Escape one step of a JSON pointer in a URI fragment (RFC 6901)."""
    escaped = str(name).replace("~", "~0").replace("/", "~1")
    # A lone surrogate has no bytes; what names it need not be exact.
    return quote(escaped, safe="~!$&'()*+,;=:@", errors="replace")


def as_sentence(text: str) -> str:
    """End a message with a full stop unless it ends itself."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
