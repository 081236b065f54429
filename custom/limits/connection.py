"""One connection to Redis for each thread, below redis-py's layer of commands.

That layer costs more than the network and the script together. Dialling (addresses,
TLS, passwords) is redis-py's, reading replies is hiredis's.
"""

import re
import threading
from collections.abc import Sequence
from socket import socket
from typing import Any, Final

import hiredis
from redis.backoff import NoBackoff
from redis.connection import ConnectionPool
from redis.retry import Retry

ReplyError = hiredis.ReplyError
_INFO: Final = b"*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n"
_RUN_ID: Final = re.compile(rb"^run_id:(\w+)", re.MULTILINE)
CHUNK: Final = 16_384  # bytes read at once
_MORE: Final = object()  # what the reader says until a reply is whole


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
            driver_info=None,  # no greeting: dialling costs one trip less
        )
        self._near = _Near()

    def exchange(self, commands: Sequence[bytes]) -> list[Any]:
        """Send commands in one trip; a refused one's reply is its ``ReplyError``.

        A connection that turns out to be closed is dialled again, once. It is never
        used again after a failure: a late reply would answer the next question.

        Raises:
            RedisError: Redis cannot be reached.
            OSError: It does not answer; ``TimeoutError``: not in time.
        """
        near = self._near
        packed = commands[0] if len(commands) == 1 else b"".join(commands)
        if near.line is not None:
            try:
                return near.ask(packed, len(commands))
            except ConnectionError:
                pass  # closed since it was last used
        near.dial(self._pool)
        told, *replies = near.ask(_INFO + packed, len(commands) + 1)
        found = isinstance(told, bytes) and _RUN_ID.search(told)
        near.run_id = found[1].decode() if found else ""
        return replies

    @property
    def run_id(self) -> str:
        """Identify the run of Redis that answered this thread; "" if it did not tell.

        Another run has another memory: what it knows may be of an older snapshot.
        """
        return self._near.run_id


class _Near(threading.local):
    """What one thread has of a link; ``line`` is None while it has nothing."""

    line: socket | None = None
    run_id: str = ""
    _connection: Any = None
    _reader: Any = None

    def dial(self, pool: ConnectionPool) -> None:
        """Connect, and log in if the address says so."""
        self._connection = pool.make_connection()
        self._connection.connect()
        self.line = self._connection._sock  # noqa: SLF001 - its methods cost too much
        self._reader = hiredis.Reader(notEnoughData=_MORE)

    def ask(self, packed: bytes, count: int) -> list[Any]:
        """Send and read; whatever interrupts that closes the connection."""
        line, reader = self.line, self._reader
        replies: list[Any] = []
        assert line is not None  # noqa: S101 - it has been dialled
        try:
            line.sendall(packed)
            while len(replies) < count:
                reply = reader.gets()
                if reply is not _MORE:
                    replies.append(reply)
                elif chunk := line.recv(CHUNK):
                    reader.feed(chunk)
                else:
                    msg = "Redis closed the connection."
                    raise ConnectionResetError(msg)
        finally:
            if len(replies) < count:
                self.line = None
                self._connection.disconnect()
        return replies
