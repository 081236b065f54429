"""Views as pages of the admin, by their names: imported when one is first opened.

allauth's bring WebAuthn and a list of all public suffixes along; few staff sign in.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django_stubs_ext import StrOrPromise

from staff.sites import site

View = Callable[..., HttpResponseBase]


def entrance(name: str, title: StrOrPromise) -> View:
    """Return a page for who is not signed in yet, dressed as the admin."""

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        response = import_string(name)(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            context = response.context_data or {}
            response.context_data = site.each_context(request) | {
                "title": title,
                **context,
            }
        return response

    return never_cache(shown)


def staff_page(name: str, title: StrOrPromise) -> View:
    """Return a page for staff alone, dressed as the admin."""
    dressed = entrance(name, title)

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        if not site.has_permission(request):
            return redirect_to_login(request.get_full_path())
        return dressed(request, *args, **kwargs)

    return shown
