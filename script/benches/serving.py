"""How soon the shop answers, and what its processes weigh, before and after much work.

    script/bench serving [--requests N] [--json FILE]

Granian with two workers, and a Celery worker with the scheduler, run as in production,
on 10,000 products. They have an environment of their own, made once below var/, since
libraries look for others, and would load some that only development has. Memory is PSS:
what is shared between processes counts once. Lists, products, searches, histories and
baskets are read, each rendered anew, in JSON and XML; before each weighing orders are
placed, too, whose mails the worker sends. What the web server weighs after all of the
requests must not be more than after the first tenth of them.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil

from script.benches._buy_clients import open_buying, run_clients
from script.benches._measuring import production
from script.benches._promises import Row, report
from script.benches._wrk import NEEDS, Request, drive
from script.benches.browse import all_workloads, load
from script.lib import packages, virtualenv
from script.lib.console import ROOT, run_main, say, var_directory
from script.lib.servers import MariaDB, Redis
from tests.servers import own_server, unwind_on_signals
from tests.web import web_server

PRODUCTS, USERS, WORKERS = 10_000, 100, 2
READ = ("product list", "product detail", "search, 3 facets", "order history")
STRETCH = 10.0  # seconds of load at a time
BUYING = 5.0  # seconds of orders before each weighing
SENT = 2.0  # seconds without another mail: all are sent
TURNS = 1_000  # of each kind of page
WORKER = ("-m", "shop.work", "--concurrency", "2")
MEBIBYTE = 1 << 20


def main() -> int:
    """Load, start, drive, weigh; 1 if something promised was missed."""
    options = _options()
    packages.ensure(NEEDS)
    python = production_python()
    unwind_on_signals()
    with ExitStack() as stack:
        database = stack.enter_context(own_server(MariaDB))
        redis = stack.enter_context(own_server(Redis))
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = production(
            database,
            redis,
            SEARCH_URL=f"xapian://{place}/search",
            MEDIA_ROOT=f"{place}/media",
            NUM_PROXIES="1",
            CACHE_PAGES="0",
            RATE_ORDER="60000/min",
            EMAIL_URL=f"filemail:///{place}/mails",
        )
        say(f"Loading {PRODUCTS:,} products and {USERS:,} customers")
        shop = argparse.Namespace(users=USERS, verify=False)
        known = load(PRODUCTS, shop, environment)
        started = time.monotonic()
        web = stack.enter_context(
            web_server(environment, workers=WORKERS, python=python)
        )
        start_up = time.monotonic() - started
        schedule = ("--with-scheduler", "--schedule", str(place / "beat"))
        worker = stack.enter_context(
            _running([python, *WORKER, *schedule], environment)
        )
        requests = list(what_to_read(known))
        weights = []
        answered = orders = 0
        for target in (options.requests // 10, options.requests):
            say(f"{target:,} requests")
            while answered < target:
                answered += drive(web.port, requests, STRETCH).requests
            orders += buy(web.port, known["variants"], place / "mails")
            weights.append(pss(web.session))
        others = pss(worker)
    return report(list(rows(start_up, answered, orders, weights, others)), options.json)


def buy(port: int, variants: Sequence[str], mails: Path) -> int:
    """Place orders for a while, wait until no more is mailed; return how many."""
    offers = list(map(int, variants))
    buying = partial(open_buying, port, offers)
    placed = run_clients(buying, len(offers), BUYING).requests
    seen = -1
    while seen != (seen := sum(1 for _ in mails.glob("*"))):
        time.sleep(SENT)
    return placed


def production_python() -> str:
    """Return an interpreter that has what the shop runs on, and nothing else."""
    os.environ["SHOP_VENV"] = str(var_directory() / "production-venv")
    virtualenv.ensure(virtualenv.RUNTIME)
    return str(virtualenv.python())


def what_to_read(known: Mapping[str, Sequence[str]]) -> Iterator[Request]:
    """Yield pages of many kinds in turn, every other one in XML."""
    kinds = [each.requests for each in all_workloads(known) if each.name in READ]
    kinds.append([Request("/api/basket/", token) for token in known["tokens"]])
    for turn, requests in enumerate(zip(*map(cycle, kinds), strict=False)):
        if turn == TURNS:
            return
        for request in requests:
            joint = "&" if "?" in request.path else "?"
            suffix = f"{joint}format=xml" if turn % 2 else ""
            yield Request(f"{request.path}{suffix}", request.token)


def rows(
    start_up: float,
    answered: int,
    orders: int,
    weights: Sequence[float],
    others: float,
) -> Iterator[Row]:
    """Tell seconds and mebibytes beside what was promised."""
    early, late = weights
    yield Row.at_most("start-up to the first answer", start_up, "s", 3)
    yield Row("requests answered", answered, "")
    yield Row("orders placed", orders, "")
    yield Row("web after a tenth of them", early, "MiB")
    yield Row.at_most("web after all of them", late, "MiB", 160)
    yield Row.at_most("growth since the tenth", late / early, "", 1.03)
    yield Row.at_most("web, worker and scheduler", late + others, "MiB", 300)


def _options() -> Any:  # noqa: ANN401 - argparse's
    parser = argparse.ArgumentParser(
        prog="script/bench serving",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--requests", type=int, default=100_000, help="(100,000)")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    return parser.parse_args()


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[int]:
    """Run a program in a session of its own; yield the session."""
    process = subprocess.Popen(
        command, env=dict(environment), cwd=ROOT, start_new_session=True
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def pss(session: int) -> float:
    """Return the mebibytes of a session's leader and all below it."""
    leader = psutil.Process(session)
    family = [leader, *leader.children(recursive=True)]
    return sum(each.memory_full_info().pss for each in family) / MEBIBYTE


if __name__ == "__main__":
    run_main(main)
