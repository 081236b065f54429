"""Second half of ``script/server``, run by the virtual environment's Python."""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import quote

from honcho.manager import KILL_WAIT

from script.lib import records
from script.lib.console import ScriptError, run_main, say, var_directory
from script.lib.family import Family
from script.lib.prepare import LIMITS_FILE
from script.lib.servers import MariaDB, Redis
from script.lib.welcome import welcome

WEB_WORKERS = int(os.environ.get("SHOP_WEB_WORKERS", "2"))
WEB_THREADS = int(os.environ.get("SHOP_WEB_THREADS", "4"))  # a worker
TASK_WORKERS = int(os.environ.get("SHOP_TASK_WORKERS", "2"))
CONNECTIONS = WEB_WORKERS * WEB_THREADS + TASK_WORKERS
READY_SECONDS = 60
STOPPED = (130, 143)  # honcho's codes after SIGINT and SIGTERM
# In the order in which they end; the servers are needed until the last of the others.
PROCESSES = ("prepare", "web", "worker", Redis.name, MariaDB.name)
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared with


def main() -> int:
    """Serve until a signal comes or a process ends; 0 after a signal."""
    host, port = sys.argv[1], int(sys.argv[2])
    home = var_directory()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with _claimed(home / "run"), ExitStack() as stack:
        _check_port(host, port)
        environment = _environment(home, host, port) | _start_servers(home, stack)
        stack.callback(_end, home / "run", PROCESSES[:-2])
        _write_addresses(home, environment)
        _prepare(home, environment)
        _forget_metrics(Path(environment["PROMETHEUS_MULTIPROC_DIR"]))
        limits = (home / "run" / LIMITS_FILE).read_text()
        environment.setdefault("DATABASE_SESSION_LIMITS", limits)
        family = Family(home / "run", lambda: _announce_soon(host, port))
        for name, command in _commands(home, host, port).items():
            family.add(name, [sys.executable, "-m", *command], environment)
        family.loop()
    return 0 if family.returncode in STOPPED else 1


@contextmanager
def _claimed(run: Path) -> Iterator[None]:
    """Be the one server of this directory; end what a killed one left.

    Raises:
        ScriptError: Another one runs.
    """
    run.mkdir(parents=True, exist_ok=True)
    owner = run / "server.process"
    with (run / "claim.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if records.is_alive(owner):
            msg = f"already running (process {owner.read_text().split()[0]})."
            raise ScriptError(msg)
        records.record_own(owner)
    if _end(run, PROCESSES):
        say("Ended what an earlier run had left")
    try:
        yield
    finally:
        owner.unlink(missing_ok=True)


def _end(run: Path, names: Sequence[str]) -> bool:
    ended = [records.end(run / f"{name}.process", KILL_WAIT) for name in names]
    return any(ended)


def _check_port(host: str, port: int) -> None:
    """Refuse a port that is taken before anything is started.

    Raises:
        ScriptError: The address cannot be listened on; says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            msg = f"cannot listen on {host} port {port} ({error}): try --port."
            raise ScriptError(msg) from error


def _environment(home: Path, host: str, port: int) -> dict[str, str]:
    """Return what every process gets; what the caller has set stays."""
    hosts = ["localhost", "127.0.0.1", "[::1]", socket.gethostname(), _url_host(host)]
    defaults = {
        "DJANGO_DEBUG": "0",
        "DJANGO_ALLOWED_HOSTS": "*" if host in WILDCARDS else ",".join(hosts),
        "SHOP_DEMO": "1",
        "LOG_FORMAT": "console",
        # The third slash ends the address, the path begins with its own.
        "EMAIL_URL": f"filemail:///{quote(str(home))}/mail",
        "SITE_URL": _address(host, port),
        "STATIC_ROOT": str(home / "static"),
        "MEDIA_ROOT": str(home / "media"),
        "SEARCH_URL": f"xapian://{quote(str(home))}/search",
        "PROMETHEUS_MULTIPROC_DIR": str(home / "run" / "metrics"),
    }
    fixed = {
        "DJANGO_SETTINGS_MODULE": "shop.settings.dev",
        "PYTHONUNBUFFERED": "1",
        "SHOP_VAR": str(home),
    }
    return defaults | dict(os.environ) | fixed


def _start_servers(home: Path, stack: ExitStack) -> dict[str, str]:
    """Start what the environment does not name; return the addresses.

    The stack stops them in the reverse order, Redis before MariaDB.
    """
    wanted = {"DATABASE_URL": MariaDB, "REDIS_URL": Redis}
    servers = {
        name: kind(home) for name, kind in wanted.items() if name not in os.environ
    }
    for server in servers.values():
        stack.callback(server.stop)
        server.start()
    for server in servers.values():
        server.wait()
    return {name: server.url for name, server in servers.items()}


def _write_addresses(home: Path, environment: Mapping[str, str]) -> None:
    """Let ``manage.py`` find the servers; shop.settings.dev reads this file."""
    names = ("DATABASE_URL", "REDIS_URL", "SEARCH_URL")
    lines = [f"{name}={environment[name]}\n" for name in names]
    path = home / "server.env"
    path.touch(mode=0o600)
    path.write_text("".join(lines))


def _prepare(home: Path, environment: Mapping[str, str]) -> None:
    """Bring database and static files up to date, in a process of its own.

    Raises:
        ScriptError: That process failed; it has said why.
    """
    command = [sys.executable, "-m", "script.lib.prepare", str(home), str(CONNECTIONS)]
    line = records.recorded(home / "run" / "prepare.process", command)
    started = subprocess.Popen(
        ["/bin/sh", "-c", line],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    if started.wait():
        msg = "the shop cannot start, see above."
        raise ScriptError(msg)


def _forget_metrics(place: Path) -> None:
    """Empty the counters that the processes of an earlier start have left."""
    place.mkdir(parents=True, exist_ok=True)
    for counts in place.glob("*.db"):
        counts.unlink()


def _commands(home: Path, host: str, port: int) -> dict[str, list[str]]:
    return {
        "web": [
            "shop.serve",
            *("--interface", "wsgi", "--host", host, "--port", str(port)),
            *("--workers", str(WEB_WORKERS), "--blocking-threads", str(WEB_THREADS)),
            # Requests beyond these wait in the socket, not in the database.
            *("--backpressure", str(2 * WEB_THREADS)),
            *("--blocking-threads-idle-timeout", "600"),
            *("--respawn-failed-workers", "--workers-kill-timeout", "4"),
            *("--log-level", "warning", "--no-ws"),
            "shop.wsgi:application",
        ],
        "worker": [
            "shop.work",
            *("--concurrency", str(TASK_WORKERS)),
            *("--without-gossip", "--without-mingle"),  # there is one worker
            *("--with-scheduler", "--schedule", str(home / "run" / "beat-schedule")),
        ],
    }


def _announce_soon(host: str, port: int) -> None:
    threading.Thread(target=_announce, args=(host, port), daemon=True).start()


def _announce(host: str, port: int) -> None:
    """Tell the address once the shop answers there."""
    near = WILDCARDS.get(host, host)
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if _is_live(near, port):
            is_demo = os.environ.get("SHOP_DEMO", "1") == "1"
            print(welcome(_address(near, port), is_demo=is_demo), flush=True)
            return
        time.sleep(0.1)
    say(f"No answer from {_address(near, port)} after {READY_SECONDS} seconds")


def _is_live(host: str, port: int) -> bool:
    link = http.client.HTTPConnection(host, port, timeout=5)
    with contextlib.closing(link):
        try:
            link.request("GET", "/health/live")
            return link.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def _leave(number: int, _frame: FrameType | None) -> None:
    """Unwind, which ends everything; a second signal must not stop that."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _address(host: str, port: int) -> str:
    return f"http://{_url_host(WILDCARDS.get(host, host))}:{port}"


if __name__ == "__main__":
    run_main(main)
