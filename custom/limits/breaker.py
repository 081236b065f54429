"""Keeps a store that fails from delaying every request."""

import random
import threading
import time
from typing import Final

import structlog

logger = structlog.get_logger(__name__)

TIMEOUTS_TO_OPEN: Final = 2  # in a row; one may be a hiccup, and costs one wait
JITTER: Final = 0.2  # so that processes do not probe together


class Breaker:
    """Open after failures, for a cool-down; then one thread of the process probes.

    One line is logged when it opens, and one when it closes.
    """

    def __init__(self, cooldown: float) -> None:
        """Start closed; ``cooldown`` is in seconds."""
        self._cooldown = cooldown
        self._lock = threading.Lock()
        self._timeouts = 0
        self._opened_at: float | None = None
        self._probe_at = 0.0
        self._skipped = 0
        self.outages = 0  # how often it has opened

    @property
    def is_open(self) -> bool:
        """Tell whether the store is thought to be down."""
        return self._opened_at is not None

    def admits(self) -> bool:
        """Tell whether the caller may ask the store: all may, or one that probes."""
        if self._opened_at is None:
            return True
        with self._lock:
            now = time.monotonic()
            if now < self._probe_at:
                self._skipped += 1
                return False
            self._probe_at = self._next_probe(now)  # nobody else does meanwhile
            return True

    def succeeded(self) -> None:
        """Close: the store has answered."""
        if self._opened_at is None and not self._timeouts:
            return
        with self._lock:
            opened_at, skipped = self._opened_at, self._skipped
            self._timeouts = self._skipped = 0
            self._opened_at = None
        if opened_at is not None:
            seconds = round(time.monotonic() - opened_at, 1)
            logger.warning("rate_store_back", skipped=skipped, seconds=seconds)

    def failed(self, error: Exception, *, is_timeout: bool) -> None:
        """Open at once, after a timeout only if another one came before."""
        with self._lock:
            now = time.monotonic()
            self._timeouts += 1
            if is_timeout and self._timeouts < TIMEOUTS_TO_OPEN:
                return
            was_open = self.is_open
            self._probe_at = self._next_probe(now)
            if not was_open:
                self._opened_at = now
                self.outages += 1
        if not was_open:
            # Its text may name the server's address.
            logger.error("rate_store_down", error=type(error).__name__)

    def _next_probe(self, now: float) -> float:
        spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        return now + self._cooldown * spread
