"""The pages of signing in and of second factors that differ from allauth's."""

from typing import Any, cast

from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import LoginView
from allauth.mfa.totp.views import ActivateTOTPView
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from custom.transactions import run_in_transaction
from staff.factors import has_factor, spend_enrolling_code
from staff.sites import site
from users.models import User
from users.services import log_out_everywhere


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


login_page = LoginPage.as_view()
activate_page = ActivatePage.as_view()
