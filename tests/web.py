"""The shop behind its real web server, for tests and measurements over HTTP."""

import http.client
import json
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil

from script.lib import records
from tests.servers import temporary_directory

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180
APPLICATION = "shop.wsgi:application"
SERVER = "shop.serve"
Address = int | Path  # a port of this machine, or a Unix socket


@dataclass(frozen=True)
class Answer:
    """What came back for one request; the body is parsed if it is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Web:
    """A running web server.

    Attributes:
        address: Where it listens: a port, or a Unix socket.
        session: Process id of its session's leader; all its processes belong to it.
    """

    address: Address
    session: int

    @property
    def port(self) -> int:
        """Return the port; for whoever has not asked for a Unix socket."""
        assert isinstance(self.address, int)
        return self.address

    def main(self) -> psutil.Process:
        """Return Granian's main process."""
        children = psutil.Process(self.session).children()
        (main,) = (each for each in children if SERVER in each.cmdline())
        return main

    def workers(self) -> list[psutil.Process]:
        """Return Granian's workers, the oldest first."""
        return sorted(self.main().children(), key=lambda each: each.pid)

    def restart_workers(self) -> None:
        """Have Granian replace its workers; return when all are new."""
        old = self.workers()
        self.main().send_signal(signal.SIGHUP)
        _, alive = psutil.wait_procs(old, timeout=START_SECONDS)
        if alive:
            msg = f"Granian has not replaced {alive}"
            raise TimeoutError(msg)


class UnixConnection(http.client.HTTPConnection):
    """A connection to a Unix socket."""

    def __init__(self, place: Path, timeout: float) -> None:
        super().__init__("127.0.0.1", timeout=timeout)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._place))


class WebClient:
    """One keep-alive connection; made anew after it broke."""

    def __init__(self, address: Address, *, seconds: float = 120) -> None:
        if isinstance(address, Path):
            self._link: http.client.HTTPConnection = UnixConnection(address, seconds)
        else:
            self._link = http.client.HTTPConnection(
                "127.0.0.1", address, timeout=seconds
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, once.

        Raises:
            OSError, http.client.HTTPException: The connection broke; nobody knows
                what became of the request.
        """
        sent = dict(headers or {})
        text = None
        if body is not None:
            text = json.dumps(body)
            sent["Content-Type"] = "application/json"
        try:
            self._link.request(method, path, text, sent)
            answer = self._link.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._link.close()
            raise
        names = {name.lower(): value for name, value in answer.getheaders()}
        is_json = "json" in names.get("content-type", "")
        return Answer(answer.status, names, json.loads(content) if is_json else content)


@contextmanager
def web_server(  # noqa: PLR0913 - keywords only
    environment: Mapping[str, str],
    *,
    application: str = APPLICATION,
    workers: int = 1,
    threads: int = 4,
    place: Path | None = None,
    python: Path | str = sys.executable,
) -> Iterator[Web]:
    """Run Granian on a free port of this machine, or on a Unix socket.

    A worker that dies is replaced at once. Whatever still runs at the end is killed.

    Args:
        environment: All that the processes get, as ``tests.processes.environment``.
        application: Module and name of a WSGI application.
        workers: Processes.
        threads: Threads of each that serve requests.
        place: Where to make a Unix socket and listen there, in place of a port.
        python: The interpreter; its environment has all that the shop needs.
    """
    address: Address = place or free_port()
    command = [
        str(python),
        *("-m", SERVER, "--interface", "wsgi", "--no-ws"),
        *_listening(address),
        *("--workers", str(workers), "--blocking-threads", str(threads)),
        *("--respawn-failed-workers", "--respawn-interval", "0.1"),
        *("--log-level", "critical"),
        application,
    ]
    # Granian replaces a worker that dies, but leaves when one dies soon again.
    forever = ["/bin/sh", "-c", f"while :; do {shlex.join(command)}; done"]
    with temporary_directory() as home:
        record = home / "web.process"
        process = subprocess.Popen(
            ["/bin/sh", "-c", records.recorded(record, forever)],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_until_live(address)
            yield Web(address, process.pid)
        finally:
            records.end(record, 0)
            process.wait()


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _listening(address: Address) -> tuple[str, ...]:
    """Return Granian's options for an address."""
    if isinstance(address, Path):
        return ("--uds", str(address))
    return ("--host", "127.0.0.1", "--port", str(address))


def wait_until_live(address: Address) -> None:
    """Block until the shop answers at an address.

    Raises:
        TimeoutError: It does not.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with WebClient(address) as client:
                if client.call("GET", "/health/live").status == http.HTTPStatus.OK:
                    return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    msg = f"nothing answers at {address}"
    raise TimeoutError(msg)
