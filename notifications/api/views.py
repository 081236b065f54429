"""Pages of the mailbox: what the shop would have sent, in development only."""

from collections.abc import Callable
from functools import wraps

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from notifications.mailbox import find_mail, is_kept, kept_mails

View = Callable[..., HttpResponse]

# A mail may show itself and open its links elsewhere, and nothing more.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)


def development_only(view: View) -> View:
    """Hide a page in production: its mails let anyone read guests' orders."""

    @never_cache
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: str) -> HttpResponse:
        if not (settings.DEBUG or settings.SHOP_DEMO):
            raise Http404
        response = view(request, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return guarded


@development_only
def inbox(request: HttpRequest) -> HttpResponse:
    """List the newest mails."""
    context = {"mails": kept_mails(), "is_kept": is_kept()}
    return render(request, "notifications/mailbox.html", context)


@csp_update({"frame-src": [SELF]})
@development_only
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """Show one mail: its headers, its HTML in a frame without rights, its text."""
    found = find_mail(key)
    if found is None:
        raise Http404
    return render(request, "notifications/mailbox_mail.html", {"mail": found})


@xframe_options_sameorigin
@development_only
def mail_html(_request: HttpRequest, key: str) -> HttpResponse:
    """Return the HTML of one mail, which may do nothing."""
    found = find_mail(key)
    if found is None or not found.html:
        raise Http404
    return HttpResponse(found.html, headers={"Content-Security-Policy": MAIL_POLICY})
