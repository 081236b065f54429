"""A database connection that costs fewer round trips."""

import time
from typing import Any, Final

from django.db.backends.mysql import base
from django.db.backends.utils import debug_transaction

FRESH_SECONDS: Final = 0.5  # no server is gone and back within


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with cheaper health checks and transactions.

    ``CONN_HEALTH_CHECKS``: Django pings the server in each request, before the first
    statement. A connection that was used a moment ago is as good as one that has
    answered a ping: should the server have died since, it is not back yet, and the
    request is answered 503 either way. Any other is asked.

    A transaction is begun by ``BEGIN``. Django switches autocommit off for it, and on
    again after the ``COMMIT``: one trip more.
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

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction; Django calls this in place of switching autocommit."""
        with debug_transaction(self, "BEGIN"), self.wrap_database_errors:
            self.connection.begin()
