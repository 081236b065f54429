"""Kept pages that tests meet: every test begins with none."""

from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import override_settings
from django_redis import get_redis_connection

from custom.caching.store import get_store
from custom.caching.versions import get_versions
from custom.limits.limiter import get_limiter

SHARED = "public, max-age=0, s-maxage=5, stale-while-revalidate=5"  # Cache-Control

LONG = 60.0  # seconds of a lease that does not end meanwhile


def forget_pages() -> None:
    """Delete every page of this test process, and whatever is known of them."""
    redis = get_redis_connection()
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    for key in redis.scan_iter(f"{prefix}:page:*", count=1000):
        redis.delete(key)
    forget_processes_memory()


def forget_processes_memory() -> None:
    """Begin as a new process would."""
    for remembered in (get_store, get_versions, get_limiter):
        remembered.cache_clear()


def remembering(does: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002
    """Let a process remember what a test never commits, or nothing at all."""
    return patch("custom.caching.memory.in_transaction", return_value=not does)


def long_lease() -> Any:  # noqa: ANN401
    """Let whoever renders take the time that a busy machine takes."""
    return patch("custom.caching.store.LEASE", LONG)


class KeptPages:
    """For test cases: pages are kept, and there are none when a test begins."""

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        remembered = remembering()
        remembered.start()
        self.addCleanup(remembered.stop)  # type: ignore[attr-defined]
        with_pages = override_settings(CACHE_PAGES=True)
        with_pages.enable()
        self.addCleanup(with_pages.disable)  # type: ignore[attr-defined]
        forget_pages()
        self.addCleanup(forget_processes_memory)  # type: ignore[attr-defined]
        # The first request only begins the versions.
        self.client.get("/api/shop/")  # type: ignore[attr-defined]
