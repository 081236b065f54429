"""A database connection that is not asked whether it is alive while it is in use."""

import time
from typing import Any, Final

from django.db.backends.mysql import base

FRESH_SECONDS: Final = 0.5  # no server is gone and back within


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with a cheaper ``CONN_HEALTH_CHECKS``.

    Django pings the server in each request, before the first statement. A connection
    that was used a moment ago is as good as one that has answered a ping: should the
    server have died since, it is not back yet, and the request is answered 503 either
    way. Any other is asked.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **options)
        self._used_at = -FRESH_SECONDS

    def close_if_health_check_failed(self) -> None:
        """Ping, unless the connection is fresh."""
        if time.monotonic() - self._used_at < FRESH_SECONDS:
            self.health_check_done = True
        super().close_if_health_check_failed()

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ANN401
        """Return a cursor; it is about to be used."""
        self._used_at = time.monotonic()
        return super().create_cursor(name)
