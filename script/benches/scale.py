"""A million products and a million orders beside ten thousand: what has grown.

    script/bench scale [--home DIRECTORY] [--sizes 10000,1000000] [--json FILE]

Two shops run side by side, each with servers of its own, on production's settings: of
10,000 products and 20,000 orders, and of a hundred, or fifty, times as many. Their
customers have 20 orders of 3 lines each. Every page is rendered anew
(``CACHE_PAGES=0``) and asked for by four keep-alive connections; four buyers place
one-line orders. The shops take turns, so that a busy machine is busy for both. Promised
is that neither the time of the processor nor the median latency doubles.

Loading takes minutes, most of it the search index. With ``--home`` the shops stay there
and the next run loads nothing; it needs some 20 GB.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from script.benches._buy_clients import open_buying, run_clients
from script.benches._figures import Figures, median
from script.benches._measuring import Meter, print_table, production
from script.benches._wrk import NEEDS, Load, drive
from script.benches.browse import COLD, all_workloads, load, read_names
from script.lib import packages
from script.lib.console import run_main, say
from script.lib.servers import MariaDB, Redis
from tests.servers import kept_server, unwind_on_signals
from tests.web import Web, web_server

SIZES = (10_000, 1_000_000)
CUSTOMERS = {10_000: 1_000, 1_000_000: 50_000}  # with 20 orders each
MOST = 2.0  # times the time of the smallest shop
WARM_UP = 5.0  # seconds
PLACING = "order placing"
KNOWN = "known.json"


class Shop:
    """One of the shops, running; its workloads by name."""

    def __init__(
        self, size: int, web: Web, meter: Meter, known: Mapping[str, list[str]]
    ) -> None:
        """Take note of what to ask for."""
        self.size = size
        self._web = web
        self._meter = meter
        self.workloads: dict[str, Callable[[float], Load]] = {
            each.name: partial(drive, web.port, each.requests)
            for each in all_workloads(known)
            if each.server == COLD
        }
        variants = [int(pk) for pk in known["variants"]]
        buyer = partial(open_buying, web.port, variants)
        self.workloads[PLACING] = partial(run_clients, buyer, len(variants))

    def run(self, what: str, seconds: float) -> Figures:
        """Let the clients of one workload ask for so long."""
        before = self._meter.read(self._web.session)
        seen = self.workloads[what](seconds)
        spent = self._meter.read(self._web.session).since(before, seen.requests)
        return Figures.of(what, self.size, seen, spent)


def main() -> int:
    """Load what is not there yet, measure, compare; 1 if a promise is missed."""
    options = _options()
    packages.ensure(NEEDS)
    unwind_on_signals()
    with ExitStack() as stack:
        place = options.home
        if place is None:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        shops = [
            open_shop(size, place.resolve() / str(size), stack)
            for size in options.sizes
        ]
        runs = list(take_turns(shops, options))
    print_table(
        ("", "products", "req/s", "p50", "p99", "sql", "web", "servers"),
        [list(asdict(run).values()) for run in runs],
    )
    is_kept = print_growth(runs)
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=2))
    return int(not is_kept)


def _options() -> Any:  # noqa: ANN401 - argparse's
    parser = argparse.ArgumentParser(
        prog="script/bench scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(size) for size in text.split(",")],
        default=list(SIZES),
        help="numbers of products, multiples of 2,500 (10000,1000000)",
    )
    parser.add_argument("--home", type=Path, help="keep the shops here")
    parser.add_argument(
        "--only", type=read_names, help="names of workloads, with commas between them"
    )
    parser.add_argument("--seconds", type=float, default=5, help="of a run (5)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (3)")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    return parser.parse_args()


def open_shop(size: int, home: Path, stack: ExitStack) -> Shop:
    """Start the servers of one shop; load it unless an earlier run has."""
    home.mkdir(parents=True, exist_ok=True)
    database = MariaDB(home)
    # Some 5 KiB a product and its orders: what pages read stays in memory.
    database.buffer_pool = 256 + size // 200
    database.redo_log = 64 + size // 1000
    stack.enter_context(kept_server(database))
    redis = stack.enter_context(kept_server(Redis(home)))
    environment = production(
        database,
        redis,
        SEARCH_URL=f"xapian://{home}/search",
        MEDIA_ROOT=f"{home}/media",
        NUM_PROXIES="1",
        CACHE_PAGES="0",
        RATE_ORDER="60000/min",
    )
    known = home / KNOWN
    if not known.exists():
        users = CUSTOMERS.get(size, size // 20)
        say(f"Loading {size:,} products and {20 * users:,} orders")
        started = time.monotonic()
        wanted = argparse.Namespace(users=users, verify=False)
        told = load(size, wanted, environment)
        known.write_text(json.dumps(told))
        say(f"That took {time.monotonic() - started:,.0f} seconds")
    web = stack.enter_context(web_server(environment, workers=2))
    return Shop(size, web, Meter(database, redis), json.loads(known.read_text()))


def take_turns(shops: Sequence[Shop], options: argparse.Namespace) -> Iterator[Figures]:
    """Measure each workload in each shop; yield the round with the median rate."""
    names = [
        name for name in shops[0].workloads if not options.only or name in options.only
    ]
    for name in names:
        say(name)
        for shop in shops:
            shop.run(name, WARM_UP)
        rounds = [
            [shop.run(name, options.seconds) for shop in shops]
            for _ in range(options.rounds)
        ]
        for runs in zip(*rounds, strict=True):
            yield median(runs)


def print_growth(runs: Sequence[Figures]) -> bool:
    """Divide the largest shop's times by the smallest's; tell if all is as promised."""
    sizes = {run.products for run in runs}
    by_place = {(run.name, run.products): run for run in runs}
    lines, is_kept = [], True
    for name in dict.fromkeys(run.name for run in runs):
        small, large = (by_place[name, size] for size in (min(sizes), max(sizes)))
        times = (large.cpu / small.cpu, large.p50 / small.p50)
        is_reached = max(times) <= MOST
        is_kept &= is_reached
        mark = "reached" if is_reached else "MISSED"
        lines.append([name, *(f"{each:.2f}" for each in times), mark])
    print(f"\n{max(sizes):,} products ÷ {min(sizes):,}; reach: {MOST:g}")
    print_table(("", "CPU", "p50", ""), lines)
    return is_kept


if __name__ == "__main__":
    run_main(main)
