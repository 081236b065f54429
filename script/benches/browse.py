"""Pages a second over HTTP, beside the least that could answer them.

    script/bench browse [--sizes 10000,100000] [--only "product list,…"] [--json FILE]

wrk keeps four connections busy against Granian with two workers, on production's
settings and servers of its own. The floors run beside it in the same way: bare WSGI,
a bare Django view, a bare REST framework view, and the same page by raw SQL and
``json.dumps``. "Warm" pages are kept in Redis, the others are rendered each time
(``CACHE_PAGES=0``). Workloads take turns, so that a busy machine is busy for all; each
figure is that of the round with the median rate. Times are milliseconds, a request;
"web" is the web server's time of the processor, "servers" that of MariaDB and Redis.
"""

import argparse
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import count, product
from pathlib import Path
from typing import Any

from script.benches._figures import Figures, median
from script.benches._flames import record
from script.benches._measuring import Meter, print_table, production, run_module
from script.benches._wrk import NEEDS, Request, Requests, drive
from script.lib import packages
from script.lib.console import run_main, say
from script.lib.servers import MariaDB, Redis
from tests.servers import own_server, unwind_on_signals
from tests.web import Web, web_server

SHOP = "script.benches._browse_shop"
APPLICATION = "script.benches._browse_floor:application"
FLOOR, COLD, WARM = "floor", "cold", "warm"
WORKERS = 2
WARM_UP = 3  # seconds
FLAME_SECONDS = 10
PAGES = 50  # of the product list
DJANGO, DRF = "bare Django view", "bare DRF view"
HEADS = (
    "",
    "req/s",
    "p50",
    "p99",
    "sql",
    "web",
    "servers",
    "of Django",
    "of DRF",
    "x raw SQL",
    "reach",
)


@dataclass(frozen=True)
class Workload:
    """Requests of one kind, and what is to be reached.

    Attributes:
        server: Which answers: ``FLOOR``, or the shop: ``COLD`` renders every page,
            ``WARM`` keeps public ones.
        floor: Name of the raw page it is compared with; empty if there is none.
        of_django, of_drf: Smallest parts of the bare views' rates.
        times_sql: Largest multiple of the raw page's time.
    """

    name: str
    requests: Requests
    server: str = COLD
    floor: str = ""
    of_django: float | None = None
    of_drf: float | None = None
    times_sql: float | None = None


def main() -> None:
    """Load each size, measure, print the tables."""
    options = _options()
    packages.ensure(NEEDS)
    unwind_on_signals()
    measured: dict[int, list[Figures]] = {}
    for size in options.sizes:
        workloads, rows = measure_size(size, options)
        measured[size] = rows
        print(f"\n{size:,} products")
        print_table(HEADS, table(workloads, rows))
    if len(measured) > 1:
        print_growth(measured)
    if options.json:
        every = [asdict(row) for rows in measured.values() for row in rows]
        options.json.write_text(json.dumps(every, indent=2))


def _options() -> Any:  # noqa: ANN401 - argparse's
    parser = argparse.ArgumentParser(
        prog="script/bench browse",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(size) for size in text.split(",")],
        default=[10_000, 100_000],
        help="numbers of products, multiples of 2,500 (10000,100000)",
    )
    parser.add_argument(
        "--only", type=read_names, help="names of workloads, with commas between them"
    )
    parser.add_argument("--users", type=int, default=200, help="with 20 orders (200)")
    parser.add_argument("--seconds", type=float, default=3, help="of a run (3)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (3)")
    parser.add_argument("--verify", action="store_true", help="prove what was loaded")
    parser.add_argument("--flames", type=Path, help="directory for flame graphs")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    return parser.parse_args()


def read_names(text: str) -> list[str]:
    """Take names apart: a comma with a blank behind it belongs to one."""
    return re.split(r",(?! )", text)


def measure_size(
    size: int, options: argparse.Namespace
) -> tuple[list[Workload], list[Figures]]:
    """Start servers, load so many products, and measure."""
    with ExitStack() as stack:
        database = stack.enter_context(own_server(MariaDB))
        redis = stack.enter_context(own_server(Redis))
        place = stack.enter_context(tempfile.TemporaryDirectory())
        environment = production(
            database,
            redis,
            SEARCH_URL=f"xapian://{place}/search",
            MEDIA_ROOT=f"{place}/media",
            NUM_PROXIES="1",
        )
        say(f"Loading {size:,} products and {options.users:,} customers")
        known = load(size, options, environment)
        webs = {
            COLD: stack.enter_context(
                web_server(environment | {"CACHE_PAGES": "0"}, workers=WORKERS)
            ),
            WARM: stack.enter_context(web_server(environment, workers=WORKERS)),
            FLOOR: stack.enter_context(
                web_server(environment, application=APPLICATION, workers=WORKERS)
            ),
        }
        meter = Meter(database, redis)
        workloads = [
            each
            for each in all_workloads(known)
            if each.server == FLOOR or not options.only or each.name in options.only
        ]
        for each in workloads:  # everything is imported, connected, cached on the way
            drive(webs[each.server].port, each.requests, WARM_UP)
        runs: dict[str, list[Figures]] = {each.name: [] for each in workloads}
        for number in range(options.rounds):
            say(f"Round {number + 1} of {options.rounds}")
            for each in workloads:
                web = webs[each.server]
                before = meter.read(web.session)
                seen = drive(web.port, each.requests, options.seconds)
                spent = meter.read(web.session).since(before, seen.requests)
                runs[each.name].append(Figures.of(each.name, size, seen, spent))
        if options.flames:
            draw(workloads, webs, options.flames, size)
        return workloads, [median(rows) for rows in runs.values()]


def draw(
    workloads: Sequence[Workload], webs: Mapping[str, Web], place: Path, size: int
) -> None:
    """Draw a flame graph of each of the shop's pages."""
    place.mkdir(parents=True, exist_ok=True)
    for each in workloads:
        if each.server != FLOOR:
            name = each.name.replace(",", "").replace(" ", "-")
            file = place / f"{name}-{size}.svg"
            record(webs[each.server], each.requests, FLAME_SECONDS, file)


def load(
    size: int, options: argparse.Namespace, environment: Mapping[str, str]
) -> dict[str, list[str]]:
    """Fill the database and the index; return what there is to ask for."""
    unlimited = {**environment, "DATABASE_SESSION_LIMITS": ""}
    arguments = [str(size), str(options.users)]
    if options.verify:
        arguments.append("--verify")
    told = run_module(SHOP, *arguments, environment=unlimited)
    known: dict[str, list[str]] = json.loads(told.splitlines()[-1])
    return known


def all_workloads(known: Mapping[str, Sequence[str]]) -> Iterator[Workload]:
    """Yield the floors, then the shop's pages."""
    lists = [f"?page={number}" for number in range(1, PAGES + 1)]
    slugs, words = known["slugs"], known["words"]
    for name, paths in (
        ("bare WSGI", ["/wsgi/"]),
        (DJANGO, ["/django/"]),
        (DRF, ["/drf/"]),
        ("SQL: product list", [f"/sql/list/{page}" for page in lists]),
        ("SQL: product detail", [f"/sql/product/{slug}" for slug in slugs]),
        ("SQL: category tree", ["/sql/tree/"]),
        ("SQL: order history", [f"/sql/history/?user={pk}" for pk in known["users"]]),
    ):
        yield Workload(name, [Request(path) for path in paths], server=FLOOR)
    rows = [Request(f"/api/product/{page}") for page in lists]
    products = [Request(f"/api/product/{slug}/") for slug in slugs]
    tree = [Request("/api/category/")]
    yield Workload(
        "product list",
        rows,
        floor="SQL: product list",
        of_drf=400 / 4800,
        times_sql=3,
    )
    yield Workload(
        "product detail",
        products,
        floor="SQL: product detail",
        of_drf=600 / 4800,
    )
    yield Workload("category tree", tree, floor="SQL: category tree")
    searches = [Request(f"/api/search/?q={word}") for word in words]
    facets = "facets=category,partner,attr.rating"
    faceted = [Request(f"/api/search/?q={word}&{facets}") for word in words]
    starts = [Request(f"/api/search/suggest/?q={word[:3]}") for word in words]
    yield Workload("search", searches)
    yield Workload("search, 3 facets", faceted, of_drf=700 / 4800)
    yield Workload(
        "search, 3 facets, never asked", never_asked(slugs, facets), of_drf=700 / 4800
    )
    yield Workload(
        "search, 3 facets, other prices", other_prices(words, facets), of_drf=700 / 4800
    )
    yield Workload("suggestions", starts)
    for name, requests in (
        ("product list, warm", rows),
        ("product detail, warm", products),
        ("category tree, warm", tree),
        ("search, warm", searches),
        ("search, 3 facets, warm", faceted),
        ("suggestions, warm", starts),
    ):
        yield Workload(name, requests, server=WARM, of_drf=0.6)
    yield Workload(
        "order history",
        [Request("/api/order/history/", token) for token in known["tokens"]],
        floor="SQL: order history",
        of_django=700 / 9000,
    )


def never_asked(slugs: Sequence[str], more: str) -> Iterator[Request]:
    """Yield searches for words none of which was asked for before.

    Two words of a title, and without a third that is another each time: a process that
    remembers what words find has to find them anew.
    """
    names = [re.findall("[a-z]{4,}", slug.partition("-copy-")[0]) for slug in slugs]
    pairs = [f"{words[0]}+{words[1]}" for words in names if len(words) > 1]
    for number in count():
        for pair in pairs:
            yield Request(f"/api/search/?q={pair}+-never{number}&{more}")


def other_prices(words: Sequence[str], more: str) -> Iterator[Request]:
    """Yield searches none of which comes twice: the same words, changing prices.

    The upper ones leave dear products out, so that each price is looked at.
    """
    for highest, lowest, word in product(range(800, 1099), range(599), words):
        prices = f"price_min={lowest / 100}&price_max={highest / 100}"
        yield Request(f"/api/search/?q={word}&{prices}&{more}")


def table(
    workloads: Sequence[Workload], rows: Sequence[Figures]
) -> Iterator[list[object]]:
    """Yield the cells of each line, the ratios to the floors last."""
    rates = {row.name: row.per_second for row in rows}
    for each, row in zip(workloads, rows, strict=True):
        of_django = row.per_second / rates[DJANGO]
        of_drf = row.per_second / rates[DRF]
        times_sql = rates[each.floor] / row.per_second if each.floor else None
        yield [
            row.name,
            row.per_second,
            row.p50,
            row.p99,
            row.sql,
            row.web,
            row.servers,
            f"{of_django:.3f}",
            f"{of_drf:.3f}",
            times_sql and f"{times_sql:.1f}",
            _reach(each, of_django, of_drf, times_sql),
        ]


def _reach(
    workload: Workload, of_django: float, of_drf: float, times_sql: float | None
) -> str:
    """Tell what is to be reached, and whether it is."""
    told = []
    for name, value, least in (
        ("Django", of_django, workload.of_django),
        ("DRF", of_drf, workload.of_drf),
    ):
        if least is not None:
            told.append(f"{_mark(value >= least)} {least:.3f} of {name}")
    if workload.times_sql is not None and times_sql is not None:
        is_reached = times_sql <= workload.times_sql
        told.append(f"{_mark(is_reached)} {workload.times_sql:g} x SQL")
    return ", ".join(told)


def _mark(is_reached: bool) -> str:  # noqa: FBT001 - one meaning
    return "reached" if is_reached else "MISSED"


def print_growth(measured: Mapping[int, Sequence[Figures]]) -> None:
    """Print how much more of the processor the largest shop takes than the smallest."""
    smallest, largest = min(measured), max(measured)
    print(f"\nCPU time with {largest:,} products ÷ with {smallest:,}; reach: 1.5")
    pairs = zip(measured[smallest], measured[largest], strict=True)
    print_table(
        ("", "times"),
        [[small.name, round(large.cpu / small.cpu, 2)] for small, large in pairs],
    )


if __name__ == "__main__":
    run_main(main)
