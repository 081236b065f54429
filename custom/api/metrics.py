"""``/metrics`` for Prometheus, behind a token of its own."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from custom.throttling import metrics


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Write every counter; without ``METRICS_TOKEN`` there is nothing here.

    Addresses prove nothing behind a proxy on the same machine, so a token has to.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.META.get("HTTP_AUTHORIZATION", "").encode(errors="replace")
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    if not constant_time_compare(given, wanted):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.render(), content_type=CONTENT_TYPE_LATEST)
