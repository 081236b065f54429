"""What an operation answers beside what it is for: refusals and headers.

A view states what only it knows, by ``refuses`` and ``sends`` at a method, or for all
of its methods by ``ApiMixin.refusals`` and ``ApiMixin.sent_headers``. What follows from
its permissions, path, parameters and body is found here. The OpenAPI document lists
both, and the tests hold every answer against it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import (
    APIException,
    NotAuthenticated,
    PermissionDenied,
)
from rest_framework.permissions import (
    SAFE_METHODS,
    AllowAny,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)

from custom.api.conditional import HEADER as IF_MATCH_HEADER
from custom.api.conditional import ConditionInvalidError
from custom.api.idempotency import (
    BASKET_TOKEN_HEADER,
    HEADER,
    KeyInvalidError,
    KeyRequiredError,
)
from custom.api.keys import EVERY_KEY, ScopeMissingError
from custom.api.problems import (
    PROBLEM_BY_STATUS,
    RENAMED_CODES,
    STATUS_BY_CATEGORY,
    TITLE_BY_CODE,
    MovedError,
)
from custom.errors import DomainError, StaleError
from custom.idempotency import KeyInProgressError, KeyReusedError

Method = TypeVar("Method", bound=Callable[..., Any])

REFUSALS = "refusals"
SENT_HEADERS = "sent_headers"
BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})

# Parameters that several endpoints take.
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="A new one for each wish: the same again is done once, and answered "
    "alike.",
)
REQUIRED_IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    IDEMPOTENCY_KEY.type,
    OpenApiParameter.HEADER,
    required=True,
    description=IDEMPOTENCY_KEY.description,
)
IF_MATCH = OpenApiParameter(
    IF_MATCH_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="An `ETag` of what is to be changed; 412 if it has changed since.",
)
BASKET_TOKEN = OpenApiParameter(
    BASKET_TOKEN_HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Who a guest is; the first answer tells it.",
)


@dataclass(frozen=True, order=True)
class Refusal:
    """A problem that an operation may answer with."""

    status: int
    code: str
    title: str

    @classmethod
    def by(cls, kind: type[Exception]) -> "Refusal":
        """Return the problem that an exception of this class becomes.

        Raises:
            TypeError: No client would ever be told of it.
        """
        if issubclass(kind, DomainError):
            categories = STATUS_BY_CATEGORY.items()
            status = next(made for base, made in categories if issubclass(kind, base))
            return cls(status, kind.code, kind.title)
        if issubclass(kind, Http404):
            return _known(HTTPStatus.NOT_FOUND)
        if not issubclass(kind, APIException):
            msg = f"{kind.__name__} becomes no problem"
            raise TypeError(msg)
        code = str(kind.default_code).replace("_", "-")
        return cls.of(kind.status_code, RENAMED_CODES.get(code, code))

    @classmethod
    def of(cls, status: int, code: str) -> "Refusal":
        """Return the problem of a code that REST framework's exceptions carry."""
        known = PROBLEM_BY_STATUS.get(status)
        title = known.title if known else HTTPStatus(status).phrase
        return cls(int(status), code, TITLE_BY_CODE.get(code, title))


def refuses(*kinds: type[Exception] | Refusal) -> Callable[[Method], Method]:
    """State by which rules a view's method may refuse, beside what is found out."""

    def mark(method: Method) -> Method:
        setattr(method, REFUSALS, kinds)
        return method

    return mark


def sends(*headers: str) -> Callable[[Method], Method]:
    """State which headers a view's method answers with when it succeeds."""

    def mark(method: Method) -> Method:
        setattr(method, SENT_HEADERS, headers)
        return method

    return mark


@dataclass(frozen=True)
class Operation:
    """One method of one address, as its view and the parameters tell.

    Attributes:
        view: The instance that would answer, its action set.
        method: Of HTTP, in capitals.
        path: With its parameters in braces.
        headers: Names of the request headers it reads.
        required: Those of them it does nothing without.
        is_list: It answers with pages.
    """

    view: Any
    method: str
    path: str
    headers: frozenset[str]
    required: frozenset[str]
    is_list: bool

    def refusals(self) -> list[Refusal]:
        """Return every problem it may answer with, by status and code."""
        kinds = (
            *self._stated(REFUSALS),
            *_of_everything(),
            *self._of_callers(),
            *self._of_request(),
        )
        found = {self._read(kind) for kind in kinds}
        return sorted(found)

    def sent_headers(self) -> frozenset[str]:
        """Return what it tells in headers of its own when it succeeds."""
        return frozenset(self._stated(SENT_HEADERS))

    @property
    def step(self) -> str:
        """Name the view's method that answers."""
        return getattr(self.view, "action", None) or self.method.lower()

    @property
    def key_scope(self) -> str | None:
        """Name the scope that an API key needs; None: no key is let in."""
        if self.view.is_public_page:
            return EVERY_KEY
        scope: str | None = self.view.get_named_scope(self.step)
        return scope

    def _stated(self, name: str) -> Iterator[Any]:
        """Yield what the view says of all its methods, then of this one."""
        yield from getattr(self.view, name, ())
        yield from getattr(getattr(self.view, self.step, None), name, ())

    def _read(self, kind: type[Exception] | Refusal) -> Refusal:
        if isinstance(kind, Refusal):
            return kind
        if issubclass(kind, MovedError):
            is_read = self.method == "GET"
            moved = (
                HTTPStatus.MOVED_PERMANENTLY
                if is_read
                else HTTPStatus.PERMANENT_REDIRECT
            )
            return Refusal.of(moved, "moved")
        return Refusal.by(kind)

    def _of_callers(self) -> Iterator[type[Exception] | Refusal]:
        """Yield what befalls those who may not call, or whose token is dead."""
        authenticators = self.view.get_authenticators()
        for one in authenticators:
            yield from getattr(one, REFUSALS, ())
        if authenticators and self.key_scope != EVERY_KEY:
            yield ScopeMissingError
        is_read = self.method in SAFE_METHODS
        kinds = {type(permission) for permission in self.view.get_permissions()}
        if is_read:
            kinds -= {IsAuthenticatedOrReadOnly}
        if kinds - {AllowAny}:
            yield NotAuthenticated
        by_session = any(
            isinstance(one, SessionAuthentication) for one in authenticators
        )
        known = {AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly}
        if kinds - known or (by_session and not is_read):
            yield PermissionDenied

    def _of_request(self) -> Iterator[type[Exception] | Refusal]:
        """Yield what befalls paths, pages, bodies and headers that will not do."""
        if "{" in self.path or self.is_list:
            yield Http404
        if self.method in BODY_METHODS:
            yield Refusal.of(HTTPStatus.BAD_REQUEST, "malformed-body")
        if self.method in SAFE_METHODS:
            yield StaleError  # whoever sends If-Match where nothing is changed
        if IF_MATCH_HEADER in self.headers:
            yield from (StaleError, ConditionInvalidError)
        if HEADER in self.headers:
            yield from (KeyInvalidError, KeyReusedError, KeyInProgressError)
        if HEADER in self.required:
            yield KeyRequiredError


def _known(status: int) -> Refusal:
    """Return the problem that is told when nothing but the status is known."""
    problem = PROBLEM_BY_STATUS[status]
    return Refusal(int(status), problem.code, problem.title)


def _of_everything() -> Iterable[Refusal]:
    """Return what any request may be answered with."""
    return (
        *map(_known, (400, 406, 411, 413, 415, 429, 500, 503)),
        Refusal.of(HTTPStatus.BAD_REQUEST, "invalid-input"),
    )
