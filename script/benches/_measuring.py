"""What measurements over HTTP have in common: settings, costs, tables."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import MySQLdb

from script.lib.console import ROOT, ScriptError
from script.lib.records import PROC, Process
from script.lib.servers import DATABASE, MariaDB, Server

TICKS = os.sysconf("SC_CLK_TCK")  # of CPU time, a second


def production(database: Server, redis: Server, **further: str) -> dict[str, str]:
    """Return an environment with production's settings, on these servers."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "shop.settings.prod",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "DATABASE_URL": database.url,
        "REDIS_URL": redis.url,
        "DATABASE_SESSION_LIMITS": "idle_transaction_timeout=10,max_statement_time=10",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        **further,
    }


def run_module(name: str, *arguments: str, environment: Mapping[str, str]) -> str:
    """Run a module as a program, and return what it prints.

    Raises:
        ScriptError: It fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", name, *arguments],
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"{name} failed:\n{done.stdout[-500:]}\n{done.stderr[-2000:]}"
        raise ScriptError(msg)
    return done.stdout


def database_address(database: Server) -> dict[str, str]:
    """Return where the driver finds the shop's database."""
    return {"unix_socket": str(database.socket), "user": "root", "database": DATABASE}


@dataclass(frozen=True)
class Spent:
    """What something has cost: SQL statements, and seconds of the processor."""

    statements: float
    web: float
    servers: float  # the database, Redis

    def since(self, earlier: "Spent", requests: int) -> "Spent":
        """Return what each of so many requests has cost on top."""
        return Spent(
            (self.statements - earlier.statements) / requests,
            (self.web - earlier.web) / requests,
            (self.servers - earlier.servers) / requests,
        )


class Meter:
    """Reads what servers have spent so far.

    Args:
        database: It must run, as must the others.
        others: Further servers whose CPU time counts.
    """

    def __init__(self, database: MariaDB, *others: Server) -> None:
        self.link: Any = MySQLdb.connect(autocommit=True, **database_address(database))
        self._sessions = [_session(server) for server in (database, *others)]

    def read(self, web_session: int) -> Spent:
        """Return what the servers and one web server have spent."""
        with self.link.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Questions'")
            ((_name, statements),) = cursor.fetchall()
        return Spent(
            float(statements),
            cpu_seconds(web_session),
            sum(map(cpu_seconds, self._sessions)),
        )


def _session(server: Server) -> int:
    return int(server.record.read_text().split()[0])


def cpu_seconds(session: int) -> float:
    """Return the CPU time of a session's processes, also of those that have ended."""
    return sum(cpu_of_processes(session).values())


def cpu_of_processes(session: int) -> dict[int, float]:
    """Return process id -> CPU time, with that of its children that have ended."""
    found = {}
    for place in PROC.iterdir():
        if not place.name.isdigit():
            continue
        process = Process.find(int(place.name))
        if process is not None and process.session == session:
            line = (place / "stat").read_text(errors="replace")
            ticks = sum(map(int, line.rpartition(")")[2].split()[11:15]))
            found[int(place.name)] = ticks / TICKS
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print cells in columns, right-aligned but the first; None is an empty cell."""
    table = [list(heads)]
    table += [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for first, *others in table:
        cells = [first.ljust(widths[0])]
        cells += [
            cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)
        ]
        print("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int | float) else str(value)
