"""A real Celery worker with its scheduler, on this test's data."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.processes import ROOT, environment

SECONDS = 180  # after which nothing more is waited for; longer than a lease


class Worker:
    """A process group that can be killed at any moment."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self.child = start()

    def watch(self) -> None:
        """Start it again when it has ended, as a service manager does."""
        if self.child.poll() is not None:
            self.kill()
            self.child = self._start()

    def kill(self) -> None:
        """End the whole group by SIGKILL; harmless when it has ended."""
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


@contextmanager
def celery_worker(
    home: Path, redis_url: str, *, threads: int = 1, **extra: str
) -> Iterator[Worker]:
    """Run a worker that schedules, too; leaving the block kills what still runs."""
    command = ("--concurrency", str(threads), "--without-mingle", "--loglevel", "ERROR")
    schedule = ("--with-scheduler", "--schedule", str(home / "beat"))

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "shop.work", *command, *schedule],
            cwd=ROOT,
            env=environment() | {"REDIS_URL": redis_url} | extra,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    worker = Worker(start)
    try:
        yield worker
    finally:
        worker.kill()
