"""Orders a second over HTTP, beside the fewest writes an order can do.

Four keep-alive clients, a process each, place one-line orders of guests at Granian, on
production's settings and a MariaDB that keeps what it acknowledges: spread over 1,000
products, then all of one. The floor does the writes of such an order by mysqlclient
alone, in as many processes.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import MySQLdb

from script.benches._buy_floor import make_tables, open_floor
from script.lib.console import ROOT, ScriptError, run_main
from script.lib.records import PROC, Process
from script.lib.servers import DATABASE, MariaDB, Redis
from tests.servers import own_server, unwind_on_sigterm
from tests.web import WebClient, web_server

CLIENTS = 4
PRODUCTS = 1_000
WARM_UP = 2.0  # seconds
TICKS = os.sysconf("SC_CLK_TCK")  # of CPU time, a second
ADDRESS = {
    "last_name": "Lovelace",
    "line1": "Stephansplatz 1",
    "city": "Wien",
    "postcode": "1010",
    "country": "AT",
}

Place = Callable[[int], None]  # places one order of the product with this number
Open = Callable[[], Place]  # connects; called in each client's own process


@dataclass(frozen=True)
class Row:
    """One line of the table; latencies and CPU time in milliseconds, an order."""

    what: str
    orders: int
    per_second: float
    p50: float
    p99: float
    sql: float
    web_cpu: float
    database_cpu: float


class Measurement:
    """Servers, and what they have spent so far."""

    def __init__(self, database: MariaDB, web_session: int) -> None:
        self.link = MySQLdb.connect(**_address(database))
        self.database_session = int(database.record.read_text().split()[0])
        self.web_session = web_session

    def run(self, what: str, open_client: Open, products: int, seconds: float) -> Row:
        """Let the clients place orders for a time."""
        before = self._spent()
        started = time.monotonic()
        latencies = _run_clients(open_client, products, seconds)
        elapsed = time.monotonic() - started
        statements, web, database = (
            (now - then) / len(latencies)
            for now, then in zip(self._spent(), before, strict=True)
        )
        return Row(
            what=what,
            orders=len(latencies),
            per_second=round(len(latencies) / elapsed, 1),
            p50=round(_percentile(latencies, 50) * 1000, 1),
            p99=round(_percentile(latencies, 99) * 1000, 1),
            sql=round(statements, 1),
            web_cpu=round(web * 1000, 2),
            database_cpu=round(database * 1000, 2),
        )

    def _spent(self) -> tuple[float, float, float]:
        """Return statements, and CPU seconds of the web server and the database."""
        with self.link.cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Questions'")
            ((_name, statements),) = cursor.fetchall()
        return (
            float(statements),
            _cpu_seconds(self.web_session),
            _cpu_seconds(self.database_session),
        )


def main() -> None:
    """Start everything, measure, print the table."""
    options = _options()
    unwind_on_sigterm()
    with ExitStack() as stack:
        database = stack.enter_context(own_server(MariaDB, durable=True))
        redis = stack.enter_context(own_server(Redis))
        environment = _environment(database.url, redis.url)
        variants = _prepare(environment)
        web = stack.enter_context(web_server(environment, workers=2))
        measurement = Measurement(database, web.session)
        make_tables(measurement.link, PRODUCTS)
        measurement.run("warm-up", _shop(web.port, variants), PRODUCTS, WARM_UP)
        rows = [
            measurement.run(f"{who}, {spread}", open_client, products, options.seconds)
            for who, open_client in (
                ("shop", _shop(web.port, variants)),
                ("floor", lambda: open_floor(**_address(database))),
            )
            for spread, products in ((f"{PRODUCTS:,} products", PRODUCTS), ("one", 1))
        ]
    _print(rows)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))


def _options() -> Any:  # noqa: ANN401 - argparse's
    parser = argparse.ArgumentParser(prog="script/bench buy", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run (10)")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    return parser.parse_args()


def _environment(database_url: str, redis_url: str) -> dict[str, str]:
    """Return production's settings, without limits on orders."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "shop.settings.prod",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "SECURE_SSL_REDIRECT": "0",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DATABASE_SESSION_LIMITS": "idle_transaction_timeout=10,max_statement_time=10",
        "RATE_ORDER": "60000/min",
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }


def _prepare(environment: dict[str, str]) -> list[int]:
    """Make the tables and products; return the variants."""
    command = [sys.executable, "-m", "script.benches._buy_shop", str(PRODUCTS)]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        msg = f"the products could not be made:\n{done.stderr[-2000:]}"
        raise ScriptError(msg)
    variants: list[int] = json.loads(done.stdout.splitlines()[-1])
    return variants


def _shop(port: int, variants: Sequence[int]) -> Open:
    """Return what connects a buyer to the shop."""

    def open_client() -> Place:
        client = WebClient(port)

        def place(product: int) -> None:
            body = {
                "lines": [{"variant": variants[product], "quantity": 1}],
                "shipping_address": ADDRESS,
                "email": "guest@example.com",
            }
            headers = {"Idempotency-Key": str(uuid.uuid4())}
            answer = client.call("POST", "/api/order/", body, headers)
            if answer.status != HTTPStatus.CREATED:
                msg = f"an order was refused: {answer}"
                raise ScriptError(msg)

        return place

    return open_client


def _run_clients(open_client: Open, products: int, seconds: float) -> list[float]:
    """Run the clients side by side; return the seconds of each order."""
    forking = get_context("fork")
    start = forking.Barrier(CLIENTS)
    receivers = []
    for number in range(CLIENTS):
        receiver, sender = forking.Pipe(duplex=False)
        arguments = (open_client, number, products, seconds, start, sender)
        forking.Process(target=_buy, args=arguments, daemon=True).start()
        sender.close()
        receivers.append(receiver)
    return [each for receiver in receivers for each in receiver.recv()]


def _buy(  # noqa: PLR0913, PLR0917 - a process's whole task
    open_client: Open,
    number: int,
    products: int,
    seconds: float,
    start: Barrier,
    answers: Connection,
) -> None:
    """Place one order after the other, each client over other products in turn."""
    place = open_client()
    product = number * products // CLIENTS
    latencies = []
    start.wait()
    deadline = time.monotonic() + seconds
    while (begun := time.monotonic()) < deadline:
        place(product)
        latencies.append(time.monotonic() - begun)
        product = (product + 1) % products
    answers.send(latencies)


def _address(database: MariaDB) -> dict[str, str]:
    return {"unix_socket": str(database.socket), "user": "root", "database": DATABASE}


def _cpu_seconds(session: int) -> float:
    """Return the CPU time of a session's processes, also of those that have ended."""
    ticks = 0
    for place in PROC.iterdir():
        if not place.name.isdigit():
            continue
        process = Process.find(int(place.name))
        if process is not None and process.session == session:
            line = (place / "stat").read_text(errors="replace")
            ticks += sum(map(int, line.rpartition(")")[2].split()[11:15]))
    return ticks / TICKS


def _percentile(values: Sequence[float], percent: int) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)]


def _print(rows: Sequence[Row]) -> None:
    """Print the table, right-aligned."""
    table = [[field.name.replace("_", " ") for field in fields(Row)]]
    for row in rows:
        what, *figures = asdict(row).values()
        table.append([what, *(f"{figure:,}" for figure in figures)])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        cells = zip(line, widths, strict=True)
        print("  ".join(cell.rjust(width) for cell, width in cells))


if __name__ == "__main__":
    run_main(main)
