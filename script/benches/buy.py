"""Orders a second over HTTP, beside the fewest writes an order can do.

    script/bench buy [--seconds N] [--rounds N] [--home DIRECTORY] [--json FILE]

Four keep-alive clients, a process each, place one-line orders of guests at Granian
with two workers, on production's settings and a MariaDB that keeps what it
acknowledges: spread over 1,000 products, then all of one. What a buyer asks for before
is measured in the same way. The floors run beside it: bare views, driven by wrk, and
the writes of such an order by mysqlclient alone. Workloads take turns; each figure is
that of the round with the median rate. Times are milliseconds, a request; "web" is the
web server's time of the processor, "servers" that of MariaDB and Redis.

Afterwards the books are checked: as many orders, keys and promised units as answers.
With ``--home``, what ``script/bench stats --home`` has left is copied, and the same is
measured with its orders in the tables.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from script.benches._buy_clients import (
    Open,
    open_adding,
    open_buying,
    open_quoting,
    run_clients,
)
from script.benches._buy_floor import make_tables, open_floor
from script.benches._figures import Figures, median
from script.benches._measuring import (
    Meter,
    database_address,
    print_table,
    production,
    run_module,
)
from script.benches._wrk import NEEDS, Load, Request, drive
from script.lib import packages
from script.lib.console import ScriptError, run_main, say
from script.lib.servers import MariaDB, Redis
from tests.servers import kept_server, own_server, unwind_on_signals
from tests.web import Web, web_server

PRODUCTS = 1_000
WARM_UP = 2.0  # seconds
WORKERS = 2
MOST_STATEMENTS = 25  # of an order
MOST_P99 = 100.0  # milliseconds, of an order
MOST_GROWTH = 2.0  # of the time of the processor, with many orders in the tables
SHOP = "script.benches._buy_shop"
BARE = "script.benches._browse_floor:application"
DJANGO, DRF = "bare Django view", "bare DRF view"
HEADS = (
    "",
    "req/s",
    "p50",
    "p99",
    "sql",
    "web",
    "servers",
    "of DRF",
    "x raw SQL",
    "reach",
)
BOOKS = (
    "SELECT (SELECT COUNT(*) FROM orders_order), "
    "(SELECT COUNT(*) FROM custom_idempotencykey WHERE endpoint = 'order.place'), "
    "(SELECT SUM(num_allocated) FROM partner_stocklevel), "
    "(SELECT -SUM(num_in_stock) FROM partner_stocklevel)"
)


@dataclass(frozen=True)
class Workload:
    """Requests of one kind.

    Attributes:
        floor: Name of the raw one it is compared with; empty if there is none.
        of_drf: Smallest part of the bare view's rate, of an order; None of others.
    """

    name: str
    open_client: Open
    products: int
    floor: str = ""
    of_drf: float | None = None


def main() -> int:
    """Measure, print the tables, check the books; 1 if something is not reached."""
    options = _options()
    packages.ensure(NEEDS)
    unwind_on_signals()
    measured = {}
    with own_server(MariaDB, durable=True) as database:
        measured["no orders before"] = measure_shop(database, options)
    if options.home:
        with _copy_of(options.home) as database:
            measured["many orders before"] = measure_shop(database, options)
    is_reached = True
    for name, (workloads, rows) in measured.items():
        print(f"\n{name}")
        lines = list(table(workloads, rows))
        print_table(HEADS, lines)
        is_reached &= "MISSED" not in str(lines)
    if options.home:
        is_reached &= print_growth(*(rows for _, rows in measured.values()))
    if options.json:
        every = [asdict(row) for _, rows in measured.values() for row in rows]
        options.json.write_text(json.dumps(every, indent=2))
    return int(not is_reached)


def _options() -> Any:  # noqa: ANN401 - argparse's
    parser = argparse.ArgumentParser(
        prog="script/bench buy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=5, help="of a run (5)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (3)")
    parser.add_argument("--home", type=Path, help="a database with orders; is copied")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    return parser.parse_args()


@contextmanager
def _copy_of(home: Path) -> Iterator[MariaDB]:
    """Run a MariaDB on a copy of what an earlier one has left."""
    with tempfile.TemporaryDirectory() as place:
        say(f"Copying {home}")
        shutil.copytree(home / "mariadb", Path(place) / "mariadb")
        with kept_server(MariaDB(Path(place), durable=True)) as server:
            yield server


def measure_shop(
    database: MariaDB, options: argparse.Namespace
) -> tuple[list[Workload], list[Figures]]:
    """Add products to buy to a shop, measure, and check the books.

    Raises:
        ScriptError: They do not agree with what was answered.
    """
    with ExitStack() as stack:
        redis = stack.enter_context(own_server(Redis))
        environment = production(
            database, redis, RATE_ORDER="60000/min", RATE_PER_MINUTE="60000/min"
        )
        unlimited = {**environment, "DATABASE_SESSION_LIMITS": ""}
        told = run_module(SHOP, str(PRODUCTS), environment=unlimited)
        variants: list[int] = json.loads(told.splitlines()[-1])
        web = stack.enter_context(web_server(environment, workers=WORKERS))
        bare = stack.enter_context(
            web_server(environment, application=BARE, workers=WORKERS)
        )
        meter = Meter(database, redis)
        make_tables(meter.link, PRODUCTS)
        workloads = list(all_workloads(web.port, variants, database_address(database)))
        books = _books(meter)
        placed = 0
        for each in workloads:
            placed += _placed(each, _run(each, WARM_UP))
        runs: dict[str, list[Figures]] = {}
        for number in range(options.rounds):
            say(f"Round {number + 1} of {options.rounds}")
            for name, path in ((DJANGO, "/django/"), (DRF, "/drf/")):
                runs.setdefault(name, []).append(_bare(name, path, bare, meter))
            for each in workloads:
                before = meter.read(web.session)
                seen = _run(each, options.seconds)
                spent = meter.read(web.session).since(before, seen.requests)
                figures = Figures.of(each.name, each.products, seen, spent)
                runs.setdefault(each.name, []).append(figures)
                placed += _placed(each, seen)
        found = [now - then for now, then in zip(_books(meter), books, strict=True)]
        if found != [placed, placed, placed, 0]:
            msg = f"{placed} orders were answered; the books have {found}."
            raise ScriptError(msg)
        print(run_module("manage", "stock", "verify", environment=unlimited).strip())
        say(f"{placed:,} answers, and as many orders, keys and promised units")
    return workloads, [median(rounds) for rounds in runs.values()]


def all_workloads(
    port: int, variants: Sequence[int], address: Mapping[str, str]
) -> Iterator[Workload]:
    """Yield the raw writes, the orders, and what a buyer asks for before."""
    buying = partial(open_buying, port, variants)
    floor = partial(open_floor, **address)
    spread, one = f"{PRODUCTS:,} products", "one product"
    yield Workload(f"SQL: order, {spread}", floor, PRODUCTS)
    yield Workload(f"SQL: order, {one}", floor, 1)
    yield Workload(
        f"order, {spread}",
        buying,
        PRODUCTS,
        floor=f"SQL: order, {spread}",
        of_drf=150 / 4800,
    )
    yield Workload(
        f"order, {one}", buying, 1, floor=f"SQL: order, {one}", of_drf=100 / 4800
    )
    yield Workload("quote", partial(open_quoting, port, variants), PRODUCTS)
    yield Workload(
        "line of a new basket", partial(open_adding, port, variants), PRODUCTS
    )


def _books(meter: Meter) -> list[int]:
    """Return the number of orders, of keys, of promised units, of missing units."""
    with meter.link.cursor() as cursor:
        cursor.execute(BOOKS)
        (row,) = cursor.fetchall()
    return [int(value or 0) for value in row]


def _run(workload: Workload, seconds: float) -> Load:
    return run_clients(workload.open_client, workload.products, seconds)


def _placed(workload: Workload, seen: Load) -> int:
    """Return the number of orders of a run: of one unit each."""
    return seen.requests if workload.of_drf else 0


def _bare(name: str, path: str, bare: Web, meter: Meter) -> Figures:
    """Ask a bare view for what it has for a while."""
    before = meter.read(bare.session)
    seen = drive(bare.port, [Request(path)], WARM_UP)
    spent = meter.read(bare.session).since(before, seen.requests)
    return Figures.of(name, PRODUCTS, seen, spent)


def table(
    workloads: Sequence[Workload], rows: Sequence[Figures]
) -> Iterator[list[object]]:
    """Yield the cells of each line, ratios and what is reached last."""
    by_name = {each.name: each for each in workloads}
    rates = {row.name: row.per_second for row in rows}
    for row in rows:
        each = by_name.get(row.name)
        of_drf = row.per_second / rates[DRF]
        floor = rates[each.floor] / row.per_second if each and each.floor else None
        is_floor = each is not None and each.name.startswith("SQL")
        yield [
            row.name,
            row.per_second,
            row.p50,
            row.p99,
            row.sql or None,
            None if is_floor else row.web,
            row.servers,
            None if is_floor else f"{of_drf:.3f}",
            floor and f"{floor:.1f}",
            _reach(each, row, of_drf) if each and each.of_drf else "",
        ]


def _reach(workload: Workload, row: Figures, of_drf: float) -> str:
    """Tell what an order is to reach, and whether it does."""
    least = workload.of_drf or 0
    return ", ".join(
        f"{'reached' if is_reached else 'MISSED'} {what}"
        for what, is_reached in (
            (f"{least:.3f} of DRF", of_drf >= least),
            (f"{MOST_STATEMENTS} statements", row.sql <= MOST_STATEMENTS),
            (f"{MOST_P99:.0f} ms", row.p99 <= MOST_P99),
        )
    )


def print_growth(few: Sequence[Figures], many: Sequence[Figures]) -> bool:
    """Print what more orders in the tables cost; tell whether that is little enough."""
    print(f"\nCPU time with many orders before ÷ with none; reach: {MOST_GROWTH:g}")
    pairs = [
        pair
        for pair in zip(few, many, strict=True)
        if pair[0].name not in (DJANGO, DRF)
    ]
    ratios = [(small.name, round(large.cpu / small.cpu, 2)) for small, large in pairs]
    print_table(("", "times"), ratios)
    return all(ratio <= MOST_GROWTH for _, ratio in ratios)


if __name__ == "__main__":
    run_main(main)
