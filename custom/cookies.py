"""Spares requests without cookies what rests on cookies.

Sessions, CSRF, sign-in, messages and allauth stand between ``CookieMiddleware`` and
``everyone`` in ``settings.MIDDLEWARE``. A request of the API that brings no cookie has
nothing for them, and goes from one to the other. Pages, which set cookies, never do.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from custom.api.handlers import is_api_path

GetResponse = Callable[[HttpRequest], HttpResponseBase]

ASKED: Final = "is_session_asked_for"  # attribute: by the API's authenticator
# Django builds middleware from the last to the first: what ``everyone`` stands before.
_beyond: ContextVar[GetResponse] = ContextVar("beyond_cookies")


class CookieMiddleware:
    """Sends requests of the API that bring no cookie on to ``everyone``."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.beyond = _beyond.get()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; what would have read a session varies by cookie all the same."""
        if request.META.get("HTTP_COOKIE") or not is_api_path(request.path_info):
            return self.get_response(request)
        response = self.beyond(request)
        if hasattr(request, ASKED):
            patch_vary_headers(response, ("Cookie",))
        return response


def everyone(get_response: GetResponse) -> Any:  # noqa: ANN401 - as Django has it
    """Mark where requests without cookies join the others."""
    _beyond.set(get_response)
    return get_response
