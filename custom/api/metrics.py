"""``/metrics`` for Prometheus, behind a token of its own."""

from collections.abc import Iterator

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Metric,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from custom import outbox
from custom.throttling import metrics

logger = structlog.get_logger(__name__)


class OutboxCollector(Collector):
    """What waits in the outbox; the same whichever process is asked."""

    def collect(self) -> Iterator[Metric]:
        """Look into the table; 1 query. Without a database nothing is told."""
        try:
            left = outbox.backlog()
        except (DatabaseError, InterfaceError):
            logger.warning("outbox_unmeasured")
            return
        for name, told, value in (
            ("pending", "Messages neither done nor parked.", left.pending),
            ("parked", "Messages somebody has to look at.", left.parked),
            (
                "oldest_seconds",
                "Age of the oldest pending message.",
                left.oldest_age.total_seconds(),
            ),
        ):
            yield GaugeMetricFamily(f"shop_outbox_{name}", told, value=value)


OUTBOX = CollectorRegistry()
OUTBOX.register(OutboxCollector())


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Write every counter, and the outbox's backlog while there is a database.

    Without ``METRICS_TOKEN`` there is nothing here. Addresses prove nothing
    behind a proxy on the same machine, so a token has to.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.META.get("HTTP_AUTHORIZATION", "").encode(errors="replace")
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    if not constant_time_compare(given, wanted):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    told = metrics.render() + generate_latest(OUTBOX)
    return HttpResponse(told, content_type=CONTENT_TYPE_LATEST)
