"""Servers that live as long as one test run, or as one test that kills them."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

from script.lib import records
from script.lib.console import var_directory
from script.lib.servers import MariaDB, Redis, Server

S = TypeVar("S", bound=Server)

OWNER = "owner.process"
RUN_DIRECTORY = "SHOP_TEST_DIR"  # variable that tells tests the run's directory


@contextmanager
def private_servers() -> Iterator[None]:
    """Start what the environment does not name, and put the addresses in it.

    ``DATABASE_URL`` and ``REDIS_URL`` that are already set are used as they are.
    What killed runs left behind is ended and removed first.
    """
    unwind_on_signals()
    runs = var_directory() / "test"
    runs.mkdir(parents=True, exist_ok=True)
    end_left_overs(runs)
    home = Path(tempfile.mkdtemp(prefix="run-", dir=runs))
    records.record_own(home / OWNER)
    wanted = {"DATABASE_URL": MariaDB, "REDIS_URL": Redis}
    with ExitStack() as stack:
        stack.callback(_clear, home)
        started = {
            name: stack.enter_context(_running(kind(home, durable=False)))
            for name, kind in wanted.items()
            if name not in os.environ
        }
        for name, server in started.items():
            server.wait()
            os.environ[name] = server.url
        os.environ[RUN_DIRECTORY] = str(home)
        yield


@contextmanager
def own_server(kind: type[S], *, durable: bool = False) -> Iterator[S]:
    """Run a server that one test may stop, kill and start again.

    Args:
        kind: ``MariaDB`` or ``Redis`` of ``script.lib.servers``.
        durable: It keeps what it has acknowledged, whatever happens to it.
    """
    with (
        temporary_directory() as home,
        _running(kind(home, durable=durable)) as server,
    ):
        server.wait()
        yield server


@contextmanager
def kept_server(server: S) -> Iterator[S]:
    """Run a server whose files stay, so that the next run finds what this one left."""
    try:
        server.start()
        server.wait()
        yield server
    finally:
        server.stop()


@contextmanager
def temporary_directory() -> Iterator[Path]:
    """Make a directory for servers; the next run ends those of a killed test."""
    place = os.environ.get(RUN_DIRECTORY)
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as home:
        yield Path(home)


def unwind_on_signals() -> None:
    """Let Ctrl-C, SIGTERM and a closed terminal end this process, its servers first.

    The first one counts; those that follow would break off what it has begun.
    """
    _answer_by(_leave)


def end_left_overs(runs: Path) -> None:
    """End the servers of runs whose owner is gone, and delete their files."""
    for home in runs.glob("run-*"):
        if not records.is_alive(home / OWNER):
            _clear(home)


def _clear(home: Path) -> None:
    """End what a run has left, of tests that were broken off too, and its files."""
    for record in home.rglob("*.process"):
        if record != home / OWNER:
            records.end(record, 0)
    shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _running(server: S) -> Iterator[S]:
    try:
        server.start()
        yield server
    finally:
        server.kill()
        server.stop()


def _answer_by(handler: Callable[[int, FrameType | None], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """Unwind as Ctrl-C does; unittest takes any other exception for a failure."""
    _answer_by(_go_on)
    raise KeyboardInterrupt


def _go_on(_number: int, _frame: FrameType | None) -> None:
    """Leave already, and not faster for being told again."""
