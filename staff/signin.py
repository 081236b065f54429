"""The pages of signing in and of second factors: allauth's, as pages of the admin."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, cast

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView
from allauth.mfa.totp.views import ActivateTOTPView
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django_stubs_ext import StrOrPromise

from custom.transactions import run_in_transaction
from staff.factors import has_factor, spend_enrolling_code
from staff.sites import site
from users.models import User
from users.services import log_out_everywhere

View = Callable[..., HttpResponseBase]


def entrance(view: View, title: StrOrPromise) -> View:
    """Return a page for who is not signed in yet, dressed as the admin."""

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            context = response.context_data or {}
            response.context_data = site.each_context(request) | {
                "title": title,
                **context,
            }
        return response

    return never_cache(update_wrapper(shown, view))


def staff_page(view: View, title: StrOrPromise) -> View:
    """Return a page for staff alone, dressed as the admin."""
    dressed = entrance(view, title)

    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        if not site.has_permission(request):
            return redirect_to_login(request.get_full_path())
        return dressed(request, *args, **kwargs)

    return update_wrapper(shown, view)


class LoginPage(LoginView):
    """The admin's login; a lock after many tries belongs before its form."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Show the form, or lead on who is signed in already."""
        if site.has_permission(request):
            return redirect("admin:index")
        return super().get(request, *args, **kwargs)


class ActivatePage(ActivateTOTPView):
    """Enrolling a second factor."""

    def form_valid(self, form: Any) -> HttpResponse:  # noqa: ANN401
        """Store the factor, once, and end sessions and devices that came without it.

        The database has no constraint that keeps a second factor of the kind out:
        the account's row is locked.
        """
        response = run_in_transaction(lambda: self._activate(form))
        update_session_auth_hash(self.request, self.request.user)
        # Whoever has just typed a code may see the recovery codes that came with it.
        record_authentication(self.request, self.request.user, "mfa")
        return response

    def _activate(self, form: Any) -> HttpResponse:  # noqa: ANN401
        user = User.objects.lock(self.request.user.pk)
        if user is None or has_factor(user):
            return HttpResponseRedirect(self.request.path)  # to what is there now
        response: HttpResponse = super().form_valid(form)
        spend_enrolling_code(user, form.cleaned_data["code"])
        log_out_everywhere(self.request.user)
        return response


@require_POST
def log_out_all(request: HttpRequest) -> HttpResponse:
    """End every other session and every device of the reader."""
    reader = cast("User", request.user)  # staff_page asks who it is first
    log_out_everywhere(reader)
    update_session_auth_hash(request, reader)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("mfa_index")
