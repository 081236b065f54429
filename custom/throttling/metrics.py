"""What the limits did, for Prometheus; safe with several processes.

With ``PROMETHEUS_MULTIPROC_DIR`` in the environment every process counts in files of
its own there, and any of them can answer for all.
"""

import os
from functools import cache
from typing import Final

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    generate_latest,
    multiprocess,
)

ADMITTED: Final = "admitted"
REFUSED: Final = "refused"
SHADOWED: Final = "shadowed"  # would have been refused
FAILED_OPEN: Final = "failed_open"
REQUESTS: Final = Counter(
    "shop_rate_limited_requests",
    "Requests that a rate limit has judged.",
    ["scope", "outcome"],
)


@cache
def counter(scope: str, outcome: str) -> Counter:
    """Return one counter; looking it up by its labels takes a lock each time."""
    return REQUESTS.labels(scope, outcome)


def render() -> bytes:
    """Write the counters of all processes as Prometheus reads them."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
