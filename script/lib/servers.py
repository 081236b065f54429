"""Private MariaDB and Redis: own data, unix sockets, no port, nothing shared."""

import contextlib
import hashlib
import os
import re
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from urllib.parse import urlencode

from script.lib import records
from script.lib.console import ScriptError, say
from script.lib.packages import find_program

PRIVATE = 0o700  # for nobody but the owner
SOCKET_PATH_LIMIT = 107  # bytes; the kernel refuses more
PLAIN_PATH = re.compile(r"[\w./-]+", re.ASCII)  # the same in a path and in a URL
START_SECONDS = 120  # a recovery after a crash may take long
DATABASE = "shop"
SQL_MODE = (
    "STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ZERO_IN_DATE,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION"
)
MAX_CONNECTIONS = 200


def socket_directory(home: Path) -> Path:
    """Return a private directory, made if need be, whose paths sockets can have.

    Args:
        home: Where the sockets would be. Where its path is too long, or has letters
            that a URL would spell in another way, a short directory named after it
            in the temporary directory takes its place.

    Raises:
        ScriptError: The short directory exists and belongs to somebody else.
    """
    home.mkdir(parents=True, exist_ok=True)
    longest = os.fsencode(home / "mariadb.sock")
    if len(longest) <= SOCKET_PATH_LIMIT and PLAIN_PATH.fullmatch(str(home)):
        home.chmod(PRIVATE)
        return home
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    place = Path("/tmp") / f"shop-{os.getuid()}-{digest}"  # noqa: S108 - checked below
    place.mkdir(mode=PRIVATE, exist_ok=True)
    found = place.lstat()
    if found.st_mode != stat.S_IFDIR | PRIVATE or found.st_uid != os.getuid():
        msg = f"{place} is not a private directory of this user: remove it."
        raise ScriptError(msg)
    return place


class Server(ABC):
    """One private server process and what it leaves on the disk."""

    name: str
    # With honcho's five seconds the sum stays below the ten a stop may take.
    stop_seconds: float

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """Take note of the places; nothing is started.

        Args:
            home: Directory of all its files: data, log, record, socket.
            durable: False lets the server forget data in a crash: for tests.
        """
        self.home = home
        self.durable = durable
        self.data = home / self.name
        self.log = home / "log" / f"{self.name}.log"
        self.record = home / "run" / f"{self.name}.process"
        self.socket = socket_directory(home / "run") / f"{self.name}.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Address for the shop's settings."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Return the program and its options."""

    @abstractmethod
    def _answers(self, link: socket.socket) -> bool:
        """Tell whether the server at the other end is ready."""

    def prepare(self) -> None:
        """Make the data directory."""
        self.data.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Start the server in a session of its own; ``wait`` tells when it is ready.

        What an earlier, killed run left is ended first.
        """
        records.end(self.record, self.stop_seconds)
        self.socket.unlink(missing_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.prepare()
        line = records.recorded(self.record, self._command())
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", line],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Block until the server answers.

        Raises:
            ScriptError: It ended instead, or does not answer in time.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if self._is_ready():
                return
            time.sleep(0.02)
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        msg = f"{self.name} does not start. The end of {self.log}:\n" + "\n".join(lines)
        raise ScriptError(msg)

    def stop(self) -> None:
        """End the server in good order, or after ``stop_seconds`` by force."""
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self.stop_seconds)
        self.kill()
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self.home / "run":
            with contextlib.suppress(OSError):  # the other server's socket is there
                self.socket.parent.rmdir()

    def kill(self) -> None:
        """End the server at once, with SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        records.end(self.record, 0)

    def _is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(5)
            try:
                link.connect(str(self.socket))
                return self._answers(link)
            except OSError:
                return False


class MariaDB(Server):
    """MariaDB with the shop's database in it; time zones are loaded."""

    name = "mariadb"
    stop_seconds = 3.0
    buffer_pool = 256  # MiB; what is read and written often should fit in it
    redo_log = 32  # MiB; a larger one lets many writes gather

    @property
    def url(self) -> str:
        """Address of the shop's database."""
        query = urlencode({"unix_socket": str(self.socket)}, safe="/")
        return f"mysql://root@localhost/{DATABASE}?{query}"

    def prepare(self) -> None:
        """Make the system tables and load the time zones, wholly or not at all."""
        if self.data.exists():
            return
        say("Making a MariaDB data directory")
        # The installer takes no spaces in paths, so it works in a plain directory.
        with tempfile.TemporaryDirectory(prefix="shop-") as plain:
            made = Path(plain).resolve() / "data"
            self._run(
                self._program("mariadb-install-db"),
                *self._basics(made),
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
            )
            self._load_time_zones(made)
            unfinished = self.data.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(made, unfinished)
        unfinished.rename(self.data)

    def wait(self) -> None:
        """Block until the server answers and has the shop's database."""
        super().wait()
        sql = (
            f"CREATE DATABASE IF NOT EXISTS {DATABASE} "
            "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci"
        )
        self._run(
            self._program("mariadb"),
            "--no-defaults",
            f"--socket={self.socket}",
            "--user=root",
            f"--execute={sql}",
        )

    def _command(self) -> list[str]:
        caution = (
            ["--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1"]
            if self.durable
            else ["--innodb-flush-log-at-trx-commit=0", "--debug-no-sync"]
        )
        return [
            self._program("mariadbd"),
            *self._basics(self.data),
            *caution,
            f"--socket={self.socket}",
            f"--pid-file={self.home / 'run' / 'mariadb.pid'}",
            "--skip-networking",
            "--skip-name-resolve",
            "--default-storage-engine=InnoDB",
            "--transaction-isolation=READ-COMMITTED",
            "--character-set-server=utf8mb4",
            "--collation-server=utf8mb4_unicode_520_ci",
            f"--sql-mode={SQL_MODE}",
            f"--innodb-buffer-pool-size={self.buffer_pool}M",
            "--innodb-print-all-deadlocks=ON",
            "--max-allowed-packet=64M",
            f"--max-connections={MAX_CONNECTIONS}",
        ]

    def _answers(self, link: socket.socket) -> bool:
        greeting = link.recv(64)  # 3 bytes of length, 1 of sequence, then the version
        return greeting[4:5] == b"\x0a"

    def _basics(self, data: Path) -> list[str]:
        # A server that starts deletes all temporary tables in its directory, also
        # those of another server that shares it.
        temporary = data.parent / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        basics = [
            "--no-defaults",
            f"--datadir={data}",
            f"--tmpdir={temporary}",
            f"--innodb-log-file-size={self.redo_log}M",
        ]
        return [*basics, "--user=root"] if os.geteuid() == 0 else basics

    def _load_time_zones(self, data: Path) -> None:
        convert = [self._program("mariadb-tzinfo-to-sql"), "/usr/share/zoneinfo"]
        zones = subprocess.run(convert, capture_output=True, check=False).stdout
        self._run(
            self._program("mariadbd"),
            *self._basics(data),
            "--bootstrap",
            text=b"USE mysql;\n" + zones,
        )

    @staticmethod
    def _program(name: str) -> str:
        path = find_program(name)
        if path is None:
            msg = f"{name} is missing: run script/server, which installs it."
            raise ScriptError(msg)
        return path

    @staticmethod
    def _run(*command: str, text: bytes = b"") -> None:
        done = subprocess.run(command, input=text, capture_output=True, check=False)
        if done.returncode:
            told = (done.stdout + done.stderr).decode(errors="replace")[-2000:]
            msg = f"{Path(command[0]).name} failed:\n{told}"
            raise ScriptError(msg)


class Redis(Server):
    """Redis that never evicts: limits, sessions and queued tasks live in it."""

    name = "redis"
    stop_seconds = 1.0

    @property
    def url(self) -> str:
        """Address of its first database."""
        return f"unix://{self.socket}?db=0"

    def _command(self) -> list[str]:
        program = find_program("redis-server")
        if program is None:
            msg = "redis-server is missing: run script/server, which installs it."
            raise ScriptError(msg)
        keeps = "yes" if self.durable else "no"
        return [
            program,
            *("--port", "0"),
            *("--unixsocket", str(self.socket)),
            *("--unixsocketperm", "700"),
            *("--dir", str(self.data)),
            *("--appendonly", keeps),
            *("--save", ""),
            *("--maxmemory-policy", "noeviction"),
            *("--daemonize", "no"),
        ]

    def _answers(self, link: socket.socket) -> bool:
        link.sendall(b"PING\r\n")
        return link.recv(64).startswith(b"+PONG")
