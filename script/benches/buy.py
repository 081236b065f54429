"""Orders a second over HTTP, beside the fewest writes an order can do.

Four keep-alive clients, a process each, place one-line orders of guests at Granian, on
production's settings and a MariaDB that keeps what it acknowledges: spread over 1,000
products, then all of one. The floor does the writes of such an order by mysqlclient
alone, in as many processes.
"""

import argparse
import json
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

from script.benches._buy_floor import make_tables, open_floor
from script.benches._measuring import (
    Meter,
    database_address,
    percentile,
    print_table,
    production,
    run_module,
)
from script.lib.console import ScriptError, run_main
from script.lib.servers import MariaDB, Redis
from tests.servers import own_server, unwind_on_sigterm
from tests.web import WebClient, web_server

CLIENTS = 4
PRODUCTS = 1_000
WARM_UP = 2.0  # seconds
SHOP = "script.benches._buy_shop"
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
    """A web server whose costs are told."""

    def __init__(self, meter: Meter, web_session: int) -> None:
        self.meter = meter
        self.web_session = web_session

    def run(self, what: str, open_client: Open, products: int, seconds: float) -> Row:
        """Let the clients place orders for a time."""
        before = self.meter.read(self.web_session)
        started = time.monotonic()
        latencies = run_clients(open_client, products, seconds)
        elapsed = time.monotonic() - started
        spent = self.meter.read(self.web_session).since(before, len(latencies))
        return Row(
            what=what,
            orders=len(latencies),
            per_second=round(len(latencies) / elapsed, 1),
            p50=round(percentile(latencies, 50) * 1000, 1),
            p99=round(percentile(latencies, 99) * 1000, 1),
            sql=round(spent.statements, 1),
            web_cpu=round(spent.web * 1000, 2),
            database_cpu=round(spent.servers * 1000, 2),
        )


def main() -> None:
    """Start everything, measure, print the table."""
    options = _options()
    unwind_on_sigterm()
    with ExitStack() as stack:
        database = stack.enter_context(own_server(MariaDB, durable=True))
        redis = stack.enter_context(own_server(Redis))
        environment = production(database, redis, RATE_ORDER="60000/min")
        variants: list[int] = json.loads(
            run_module(SHOP, str(PRODUCTS), environment=environment).splitlines()[-1]
        )
        web = stack.enter_context(web_server(environment, workers=2))
        meter = Meter(database)
        make_tables(meter.link, PRODUCTS)
        measurement = Measurement(meter, web.session)
        measurement.run("warm-up", as_guest(web.port, variants), PRODUCTS, WARM_UP)
        rows = [
            measurement.run(f"{who}, {spread}", open_client, products, options.seconds)
            for who, open_client in (
                ("shop", as_guest(web.port, variants)),
                ("floor", lambda: open_floor(**database_address(database))),
            )
            for spread, products in ((f"{PRODUCTS:,} products", PRODUCTS), ("one", 1))
        ]
    heads = [field.name.replace("_", " ") for field in fields(Row)]
    print_table(heads, [list(asdict(row).values()) for row in rows])
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))


def _options() -> Any:  # noqa: ANN401 - argparse's
    parser = argparse.ArgumentParser(prog="script/bench buy", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each run (10)")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    return parser.parse_args()


def as_guest(port: int, variants: Sequence[int]) -> Open:
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


def run_clients(open_client: Open, products: int, seconds: float) -> list[float]:
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


if __name__ == "__main__":
    run_main(main)
