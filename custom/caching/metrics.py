"""What the cache of pages did, for Prometheus; see custom.throttling.metrics."""

from functools import cache
from typing import Final

from prometheus_client import Counter

HIT: Final = "cache"
WAITED: Final = "another"  # rendered meanwhile for another request
MISSED: Final = "view"
BYPASSED: Final = "view_without_cache"  # Redis did not answer

PAGES: Final = Counter(
    "shop_pages", "Requests for public pages, by where the answer came from.", ["from"]
)


@cache
def answers(source: str) -> Counter:
    """Return the counter of one source; looking it up by its label takes a lock."""
    return PAGES.labels(source)
