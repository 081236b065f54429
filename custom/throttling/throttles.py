"""The limits as REST framework's views know them."""

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from django.http import HttpRequest
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from custom.rates import PER_MINUTE
from custom.throttling.counting import UNCOUNTED_METHODS, Count, counts_of

if TYPE_CHECKING:
    # It imports this module, by the settings.
    from rest_framework.views import APIView  # noqa: TID251 - a name for types


class _Scoped(Protocol):
    """A view with a scope for its POST requests; see custom.api.views.ApiMixin."""

    throttled_methods: frozenset[str]

    def get_throttle_scope(self) -> str | None: ...
    def get_throttle_account(self, request: Request) -> str | None: ...
    def get_further_scope(self, request: Request) -> str | None: ...


class _WindowThrottle(BaseThrottle):
    """Refuses by the count of one scope."""

    def __init__(self) -> None:
        self._count: Count | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; refused ones use nothing."""
        self._count = self.count(request, view)
        return self._count is None or not self._count.is_refused

    def wait(self) -> float | None:
        """Return the seconds until the request would pass."""
        verdict = self._count and self._count.verdict
        return verdict.wait if verdict else None

    def count(self, request: Request, view: "APIView") -> Count | None:
        """Charge the caller; None when nothing limits them here."""
        raise NotImplementedError


class PerMinuteThrottle(_WindowThrottle):
    """Counts every request but POST and OPTIONS in one sliding window a caller.

    The caller is the account, or else the client address. Without Redis the request
    passes.
    """

    scope: ClassVar[str] = PER_MINUTE

    def count(self, request: Request, view: "APIView") -> Count | None:
        """Charge ``per_minute``, unless the middleware has for this very caller."""
        if request.method in UNCOUNTED_METHODS:
            return None
        return counts_of(_django(request)).count_request(_user_pk(request))


class PostThrottle(_WindowThrottle):
    """Counts the requests, mostly POST, of views that name a ``throttle_scope``."""

    def count(self, request: Request, view: "APIView") -> Count | None:
        """Charge the view's scopes to the account and to the client address."""
        if not hasattr(view, "get_throttle_scope"):
            return None
        scoped = cast("_Scoped", view)
        if request.method not in scoped.throttled_methods:
            return None
        scope = scoped.get_throttle_scope()
        counts = counts_of(_django(request))
        try:
            tried = scoped.get_throttle_account(request)
            further = scoped.get_further_scope(request)
        except APIException:  # nobody can read the body: its address alone is charged
            count = scope and counts.count_post(scope, _user_pk(request), None)
            if not count or not count.is_refused:
                raise
            return count
        count = None
        for each in filter(None, (further, scope)):
            count = counts.count_post(each, _user_pk(request), tried)
            if count is not None and count.is_refused:
                break
        return count


def _user_pk(request: Request) -> Any:  # noqa: ANN401 - whatever key accounts have
    """Return the key of the account that calls, None if nobody is signed in."""
    return request.user.pk if request.user.is_authenticated else None


def _django(request: Request) -> HttpRequest:
    """Return the request that every layer shares."""
    return request._request  # noqa: SLF001 - DRF has no public name for it
