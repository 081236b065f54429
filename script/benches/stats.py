"""The stats' pages, the task that keeps them, and a rebuild, with a million orders.

    script/bench stats [--orders N] [--home DIRECTORY [--pages]] [--json FILE]

Orders of two lines each, over two years and 6,000 offers, are made by SQL in a MariaDB
of its own; then all is counted from nothing, then pages are asked for through Django
without a web server. Times are milliseconds, the median of several: by the clock, and
of the processor in Python and in the database. ``rows`` is what the database read for
one. With ``--home`` the database stays there, and the next run makes no orders; with
``--pages`` it counts nothing either.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import django

from script.benches._measuring import cpu_seconds, print_table
from script.lib.console import run_main, say
from script.lib.servers import MariaDB, Redis
from tests.servers import kept_server, own_server, unwind_on_signals

ORDERS = 1_000_000
ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """One line of the table; times in milliseconds."""

    what: str
    clock: float
    python: float
    database: float
    rows: int


class Stopwatch:
    """Measures what runs in this process against one database."""

    def __init__(self, database: MariaDB) -> None:
        self._session = int(database.record.read_text().split()[0])

    def measure(
        self, what: str, work: Callable[[], object], *, rounds: int = ROUNDS
    ) -> Row:
        """Return the medians of several runs, and the rows the last one read."""
        runs = []
        read = 0
        for _ in range(rounds):
            before = _rows_read()
            start = self._spent()
            work()
            end = self._spent()
            runs.append([(b - a) * 1000 for a, b in zip(start, end, strict=True)])
            read = _rows_read() - before
        clock, python, database = map(statistics.median, zip(*runs, strict=True))
        return Row(what, round(clock, 1), round(python, 1), round(database, 1), read)

    def _spent(self) -> tuple[float, float, float]:
        """Return seconds: of the clock, of Python, of the database."""
        return time.perf_counter(), time.process_time(), cpu_seconds(self._session)


def main() -> int:
    """Make the shop, measure, print a table, and store the numbers if asked to."""
    parser = argparse.ArgumentParser(prog="script/bench stats", description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--json", type=Path, help="write the numbers here")
    parser.add_argument("--home", type=Path, help="keep the database here")
    parser.add_argument("--pages", action="store_true", help="as they were counted")
    wanted = parser.parse_args()
    unwind_on_signals()
    with ExitStack() as stack:
        database = stack.enter_context(_database(wanted.home))
        redis = stack.enter_context(own_server(Redis))
        os.environ |= {"DATABASE_URL": database.url, "REDIS_URL": redis.url}
        _prepare(wanted.orders)
        stopwatch = Stopwatch(database)
        rows = [] if wanted.pages else _measure_keeping(stopwatch)
        rows += _measure_pages(stopwatch)
    print_table(
        ("", "clock", "python", "database", "rows"),
        [list(asdict(row).values()) for row in rows],
    )
    if wanted.json:
        wanted.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    return 0


@contextmanager
def _database(home: Path | None) -> Iterator[MariaDB]:
    """Run a MariaDB: for this run alone, or with what an earlier one left at home."""
    if home is None:
        with own_server(MariaDB) as server:
            yield server
        return
    with kept_server(MariaDB(home.resolve(), durable=False)) as server:
        yield server


def _prepare(orders: int) -> None:
    """Set Django up on private servers, with a shop of so many orders."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "shop.settings.test",
        "SHOP_TIME_ZONE": "Europe/Vienna",
        "LOG_LEVEL": "ERROR",
    }
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after setup

    from orders.models import Order  # noqa: PLC0415
    from script.benches._stats_orders import make_shop  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)
    if Order.objects.exists():
        return
    say(f"Making {orders:,} orders")
    make_shop(orders)


def _measure_keeping(stopwatch: Stopwatch) -> list[Row]:
    """Count everything, one day, and the baskets of a month."""
    from datetime import timedelta  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    from stats.models import OfferDay, OfferMonth, StaleDay  # noqa: PLC0415
    from stats.services import (  # noqa: PLC0415
        count_open_baskets,
        rebuild,
        refresh,
    )

    day = timezone.now().date() - timedelta(days=1)

    def recount() -> None:
        StaleDay.objects.mark([day])
        refresh()

    say("Counting")
    rows = [
        stopwatch.measure("rebuild", lambda: list(rebuild()), rounds=1),
        stopwatch.measure("a marked day", recount),
        stopwatch.measure("baskets of 30 days", count_open_baskets),
    ]
    days, months = OfferDay.objects.count(), OfferMonth.objects.count()
    say(f"{days:,} rows of days, {months:,} of months")
    return rows


def _measure_pages(stopwatch: Stopwatch) -> list[Row]:
    """Open pages as a superuser."""
    from django.test import Client  # noqa: PLC0415

    from catalogue.models import Category  # noqa: PLC0415
    from partner.models import Partner  # noqa: PLC0415
    from script.benches._stats_orders import last_days  # noqa: PLC0415
    from users.models import User  # noqa: PLC0415

    client = Client()
    User.objects.filter(email="boss@example.com").delete()  # of an earlier run
    client.force_login(User.objects.create_superuser("boss@example.com", "x"))
    root = Category.objects.filter(level=0).values_list("slug", flat=True)[0]
    partner = Partner.objects.values_list("pk", flat=True)[0]
    year, two_years = last_days(365), last_days(730)
    pages = {
        "sales, 30 days": f"sales/?{last_days(30)}",
        "sales, a year by day": f"sales/?{year}&step=day",
        "sales, two years by month": f"sales/?{two_years}",
        "a category, a year by day": f"sales/?{year}&step=day&category={root}",
        "a category, two years by month": f"sales/?{two_years}&category={root}",
        "a partner, two years by week": (
            f"sales/?{two_years}&step=week&partner={partner}"
        ),
        "sellers, 30 days": f"sellers/?{last_days(30)}",
        "sellers, two years": f"sellers/?{two_years}",
        "stock": "stock/",
        "JSON, two years by month": f"sales.json?{two_years}",
    }

    def opens(path: str) -> Callable[[], None]:
        def open_page() -> None:
            answer = client.get(f"/admin/stats/{path}")
            assert answer.status_code == 200, answer.content[:500]  # noqa: S101, PLR2004

        return open_page

    return [stopwatch.measure(name, opens(path)) for name, path in pages.items()]


def _rows_read() -> int:
    """Return how many rows this session's statements have read so far."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(number) for _name, number in cursor.fetchall())


if __name__ == "__main__":
    run_main(main)
