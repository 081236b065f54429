"""One connection to Redis for each thread, below redis-py's layer of commands.

That layer costs more than the network and the script together. Everything that
connects, reads and decodes is still redis-py's.
"""

import threading
from collections.abc import Sequence
from typing import Any

from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.retry import Retry


class Link:
    """Sends what is packed already and returns the replies, in the same order."""

    def __init__(self, url: str, *, connect_timeout: float, timeout: float) -> None:
        """Take note of the address; nothing is connected. Timeouts are in seconds."""
        # Backing off and trying again is what turns 50 ms into 4 s.
        self._pool = ConnectionPool.from_url(
            url,
            socket_connect_timeout=connect_timeout,
            socket_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            driver_info=None,  # no greeting: connecting costs one trip less
            health_check_interval=0,
        )
        self._threads = threading.local()

    def exchange(self, commands: Sequence[bytes]) -> list[Any]:
        """Send commands in one trip; a refused one's reply is its ``ResponseError``.

        A connection that turns out to be closed is dialled again, once. It is never
        used again after a failure: a late reply would answer the next question.

        Raises:
            RedisError: No answer. ``TimeoutError``: not in time.
        """
        connection: Any = getattr(self._threads, "connection", None)  # untyped
        if connection is None:
            connection = self._threads.connection = self._pool.make_connection()
        packed = b"".join(commands)
        was_connected = connection.is_connected
        try:
            return _ask(connection, packed, len(commands))
        except RedisConnectionError:
            if not was_connected:
                raise
            return _ask(connection, packed, len(commands))


def _ask(connection: Any, packed: bytes, count: int) -> list[Any]:  # noqa: ANN401
    """Send and read; whatever interrupts that closes the connection."""
    is_clean = False
    try:
        connection.send_packed_command([packed], check_health=False)
        replies = [_read(connection) for _ in range(count)]
        is_clean = True
    finally:
        if not is_clean:
            connection.disconnect()
    return replies


def _read(connection: Any) -> Any:  # noqa: ANN401 - whatever Redis says
    try:
        return connection.read_response()
    except ResponseError as error:
        return error
