"""Run a test's functions in processes of their own, on the test's own database.

A parallel test worker may have no ``multiprocessing`` children, and a race between
threads of one process proves little. So a test names a module-level function by its
dotted path, and a process on the settings, database clone and Redis prefix of the
calling test, which has done nothing before but import the shop, calls it::

    outcomes = race("tests.orders.racers.place", [{"variant": 1}] * 8)
    sold = [outcome.value for outcome in outcomes if outcome.error is None]

Arguments and values travel as JSON. The caller must have committed its rows
(``TransactionTestCase``). A process that is to be killed half-way is a ``Running``.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

from tests.child import ANSWER
from tests.forking import forker

ROOT = Path(__file__).resolve().parent.parent
JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What one call came to.

    Attributes:
        value: What the function returned; None if it raised.
        error: Class name of what it raised; None if it returned.
        detail: The exception's text, or an empty string.
        code: ``code`` of a domain error, else None.
    """

    value: Any
    error: str | None = None
    detail: str = ""
    code: str | None = None


def database_url() -> str:
    """Return the address of the database this test uses, clone included."""
    now = connection.settings_dict
    login = quote(now["USER"], safe="")
    if now["PASSWORD"]:
        login += ":" + quote(now["PASSWORD"], safe="")
    host, query = now["HOST"] or "localhost", ""
    if host.startswith("/"):
        host, query = "localhost", "?" + urlencode({"unix_socket": host})
    elif now["PORT"]:
        host += f":{now['PORT']}"
    return f"mysql://{login}@{host}/{now['NAME']}{query}"


def environment() -> dict[str, str]:
    """Return the environment by which a child works on this test's data."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "shop.settings.test",
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": settings.CACHES["default"]["KEY_PREFIX"],
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "EXCHANGE_ROOT": str(settings.EXCHANGE_ROOT),
        "SEARCH_URL": settings.SEARCH_URL,
        "CHECK_CONTRACT": "0",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def run_python(
    *arguments: str, seconds: float = 180, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run ``python <arguments>`` to its end on this test's data.

    Args:
        arguments: For example ``"manage.py", "check"`` or ``"-c", "print(1)"``.
        seconds: After so long the process is killed and ``TimeoutExpired`` raised.
        extra: Environment variables on top of ``environment()``.
    """
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment() | dict(extra or {}),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


class Running:
    """One function, once or several times at once, in a process beside the test.

    Lines that the function prints with ``tests.child.tell`` can be awaited, so that
    a test kills the process exactly where it wants. Leaving the ``with`` block ends
    whatever still runs.
    """

    def __init__(
        self,
        target: str,
        calls: Sequence[JsonObject],
        *,
        seconds: float = 180,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        """Start the process; every call begins at the same moment.

        Args:
            target: Dotted path of a module-level function.
            calls: Keyword arguments of each call, JSON-safe; several calls run in
                as many processes.
            seconds: After so long the whole group is killed.
            extra: Environment variables on top of ``environment()``.
        """
        self._forker = forker(environment() | dict(extra or {}))
        near_input, calls_end = os.pipe()
        told_end, near_output = os.pipe()
        try:
            self._pid = self._forker.fork(target, near_input, near_output)
        finally:
            os.close(near_input)
            os.close(near_output)
        self._told = os.fdopen(told_end)
        self._is_over = False
        self._guard = Timer(seconds, os.killpg, (self._pid, signal.SIGKILL))
        self._guard.start()
        with os.fdopen(calls_end, "w") as given:
            json.dump([dict(call) for call in calls], given)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self._told.close()

    def wait_for(self, line: str) -> None:
        """Block until a call has told ``line``.

        Raises:
            AssertionError: The process ended without telling it.
        """
        for told in self._lines():
            if told == line:
                return
        msg = f"the process ended before it told {line!r}"
        raise AssertionError(msg)

    def kill(self) -> None:
        """End every call at once with SIGKILL; harmless when all have ended."""
        if not self._is_over:
            self._is_over = True
            self._guard.cancel()
            self._guard.join()
            self._forker.end(self._pid)

    def outcomes(self) -> list[Outcome]:
        """Wait for the end, and return one outcome a call, in the order given.

        Raises:
            AssertionError: The process died or took too long.
        """
        answers = [line for line in self._lines() if line.startswith(ANSWER)]
        if not answers:
            msg = "the process ended before every call had"
            raise AssertionError(msg)
        return [Outcome(**each) for each in json.loads(answers[0][len(ANSWER) :])]

    def _lines(self) -> Iterator[str]:
        return (line.rstrip("\n") for line in self._told)


def race(
    target: str,
    calls: Sequence[JsonObject],
    *,
    seconds: float = 180,
    extra: Mapping[str, str] | None = None,
) -> list[Outcome]:
    """Call one function in ``len(calls)`` processes, all released at one moment.

    Takes the arguments of ``Running``.

    Returns:
        One outcome a call, in the order of ``calls``.
    """
    with Running(target, calls, seconds=seconds, extra=extra) as running:
        return running.outcomes()
