"""Limits that tests meet: every test begins with none of them used."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import override_settings
from django_redis import get_redis_connection

from custom.limits.limiter import get_limiter
from script.lib.servers import Redis
from tests.servers import own_server


def windows() -> dict[bytes, bytes]:
    """Return what Redis has counted for this test process, by key."""
    redis = get_redis_connection()
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    keys = redis.scan_iter(f"{prefix}:rate*", count=1000)
    return {key: redis.dump(key) for key in keys}


def forget_requests() -> None:
    """Empty every window of this test process."""
    for key in windows():
        get_redis_connection().delete(key)
    get_limiter.cache_clear()


PATIENT = {"CONNECT_TIMEOUT": 5.0, "TIMEOUT": 5.0}  # where each count is exact


class FreshLimits:
    """For test cases: nothing has been counted when a test begins."""

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        forget_requests()
        # The limiter is the process's: what a test does to it ends with the test.
        self.addCleanup(get_limiter.cache_clear)  # type: ignore[attr-defined]


class PortRedis(Redis):
    """A Redis that also listens on a port of this machine."""

    port = 0

    def _command(self) -> list[str]:
        command = super()._command()
        command[command.index("--port") + 1] = str(self.port)
        return [*command, "--bind", "127.0.0.1", "--protected-mode", "no"]


@contextmanager
def own_limits(url: str | None = None, **options: Any) -> Iterator[Redis | None]:  # noqa: ANN401
    """Count in a Redis of the test's own, or at an address; as patient as the shop."""
    seconds = settings.RATE_STORE_SECONDS
    options = {"CONNECT_TIMEOUT": seconds, "TIMEOUT": seconds} | options
    if url is not None:
        with override_settings(RATE_STORE=settings.RATE_STORE | {"URL": url} | options):
            yield None
        return
    with own_server(Redis) as server:
        store = settings.RATE_STORE | {"URL": server.url} | options
        with override_settings(RATE_STORE=store):
            yield server
