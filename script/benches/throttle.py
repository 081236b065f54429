"""What a rate limit costs: beside a bare PING, redis-py, and DRF's stock throttle.

    script/bench throttle [--quick] [--json FILE]

Times are the best batch's median, in microseconds; subjects take turns, so that a busy
machine is busy for all. The last column tells whether the figure that was to be reached
is. Redis is private, on a Unix socket, as `script/server` has it.
"""

import argparse
import multiprocessing
import os
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django

from script.benches._promises import Row, report
from script.lib.console import run_main
from script.lib.servers import Redis, Server
from tests.servers import own_server, unwind_on_signals

LIMIT, WINDOW = 256, 60
PROCESSES, TRIES = 8, 400
BODY = b"x" * 2000
Work = Callable[[], object]


def main() -> int:
    """Measure and print; 1 if something promised was not reached."""
    parser = argparse.ArgumentParser(prog="script/bench throttle")
    parser.add_argument("--quick", action="store_true", help="fewer batches")
    parser.add_argument("--json", type=Path, help="write the numbers to this file")
    options = parser.parse_args()
    unwind_on_signals()
    with own_server(Redis) as server:
        set_up(server.url)
        times = measure_times(server, batches=8 if options.quick else 40)
        rows = [*time_rows(times), *memory_rows(server), *race_rows(), *failure_rows()]
    return report(rows, options.json)


def set_up(url: str) -> None:
    """Configure the shop with this Redis alone; the database is never asked."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "shop.settings.test",
        "REDIS_URL": url,
        "RATE_REDIS_URL": url,
        "LOG_LEVEL": "CRITICAL",
    }
    django.setup()


def measure_times(server: Server, *, batches: int) -> dict[str, float]:
    """Return name -> microseconds of one call."""
    with subjects(server) as works:
        best = dict.fromkeys(works, float("inf"))
        for number in range(batches):
            for name, (work, prepare) in works.items():
                prepare(number)
                best[name] = min(best[name], batch(work))
    return best


def batch(work: Work) -> float:
    """Return the median of as many calls as the limit allows."""
    seconds = []
    for _ in range(LIMIT):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e6


@contextmanager
def subjects(
    server: Server,
) -> Iterator[dict[str, tuple[Work, Callable[[int], object]]]]:
    """Yield name -> what is timed, and what makes it ready for a batch."""
    import redis  # noqa: PLC0415 - in the virtual environment

    from custom.limits.limiter import get_limiter  # noqa: PLC0415
    from custom.limits.ring import TAKE, take_arguments  # noqa: PLC0415
    from custom.rates import Rate  # noqa: PLC0415 - after the settings

    limiter, rate = get_limiter(), Rate(LIMIT, WINDOW)
    client = redis.Redis(unix_socket_path=str(server.socket))
    client.set("body", BODY)
    spent = limiter.window("bench", rate, "spent")
    for _ in range(LIMIT + 1):
        limiter.take(spent)
    script = client.script_load(TAKE)
    now: dict[str, Any] = {}

    def use(name: str) -> Callable[[int], object]:
        def prepare(number: int) -> None:
            now["window"] = limiter.window("bench", rate, f"{name}{number}")
            now["request"] = SimpleNamespace(ident=f"{name}{number}", user=None)

        return prepare

    def two_trips() -> None:
        arguments = take_arguments(rate, cost=1)
        client.evalsha(script, 1, now["window"].key, *arguments)
        client.get("body")

    def idle(_number: int) -> None:
        """Need no preparation."""

    stock = stock_throttle()
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(server.socket))

        def ping() -> None:
            link.sendall(b"*1\r\n$4\r\nPING\r\n")
            link.recv(64)

        yield {
            "PING on the socket": (ping, idle),
            "PING by redis-py": (client.ping, idle),
            "check": (lambda: limiter.take(now["window"]), use("check")),
            "check with a body of 2 kB": (
                lambda: limiter.ask([now["window"]], reads=[b"body"]),
                use("body"),
            ),
            "the same by redis-py, two trips": (two_trips, use("two")),
            "stock throttle": (
                lambda: stock().allow_request(now["request"], None),
                use("stock"),
            ),
            "refusal": (lambda: limiter.take(spent), lambda _: limiter.look([spent])),
        }
    client.close()


def stock_throttle() -> type[Any]:
    """Return DRF's own throttle on the shop's cache, with the same limit."""
    from rest_framework.throttling import SimpleRateThrottle  # noqa: PLC0415

    class Stock(SimpleRateThrottle):
        rate = f"{LIMIT}/min"

        def get_cache_key(self, request: Any, view: Any) -> str:  # noqa: ANN401
            return f"stock-{request.ident}"

    return Stock


def time_rows(times: dict[str, float]) -> Iterator[Row]:
    """Tell the times, then their ratios."""
    for name, microseconds in times.items():
        if name == "refusal":
            yield Row.at_most(name, microseconds, "µs", 2)
        else:
            yield Row(name, microseconds, "µs")
    check, both = times["check"], times["check with a body of 2 kB"]
    for name, value, bound in (
        ("check ÷ PING on the socket", check / times["PING on the socket"], 3),
        ("check ÷ PING by redis-py", check / times["PING by redis-py"], 1.1),
        ("check ÷ stock throttle", check / times["stock throttle"], 0.25),
        (
            "check with a body ÷ two trips",
            both / times["the same by redis-py, two trips"],
            0.4,
        ),
    ):
        yield Row.at_most(name, value, "", bound)


def memory_rows(server: Server) -> Iterator[Row]:
    """Weigh the key of a caller who has used little, some, and all."""
    import redis  # noqa: PLC0415

    from custom.limits.limiter import get_limiter  # noqa: PLC0415
    from custom.rates import Rate  # noqa: PLC0415

    limiter = get_limiter()
    with redis.Redis(unix_socket_path=str(server.socket)) as client:
        for times in (1, 16, LIMIT):
            window = limiter.window("weight", Rate(LIMIT, WINDOW), str(times))
            for _ in range(times):
                limiter.take(window)
            size = client.memory_usage(window.key)
            name = f"key after {times} requests"
            if times == LIMIT:
                yield Row.at_most(name, size, "B", 1600)
            else:
                yield Row(name, size, "B")


def race_rows() -> Iterator[Row]:
    """Let eight processes ask for one caller."""
    admitted = race(_race_ours)
    name = f"admitted of {LIMIT} asked by {PROCESSES} processes"
    yield Row(name, admitted, "", f"= {LIMIT}", admitted == LIMIT)
    yield Row("the same by the stock throttle", race(_race_stock), "")


def race(work: Callable[[], int]) -> int:
    """Return the sum of what the processes were admitted."""
    forking = multiprocessing.get_context("fork")
    start = forking.Barrier(PROCESSES)
    counted: Any = forking.Queue()

    def run() -> None:
        start.wait()
        counted.put(work())

    processes = [forking.Process(target=run) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    total = sum(counted.get() for _ in processes)
    for process in processes:
        process.join()
    return total


def _race_ours() -> int:
    from custom.limits.limiter import get_limiter  # noqa: PLC0415
    from custom.rates import Rate  # noqa: PLC0415

    limiter = get_limiter()
    window = limiter.window("race", Rate(LIMIT, WINDOW), "all")
    verdicts = [limiter.take(window) for _ in range(TRIES)]
    return sum(verdict.is_allowed for verdict in verdicts if verdict)


def _race_stock() -> int:
    stock: Any = stock_throttle()
    request = SimpleNamespace(ident="race", user=None)
    return sum(stock().allow_request(request, None) for _ in range(TRIES))


def failure_rows() -> Iterator[Row]:
    """Time requests whose Redis takes connections and never answers, or is gone."""
    with socket.create_server(("127.0.0.1", 0)) as hung:
        url = f"redis://127.0.0.1:{hung.getsockname()[1]}/0"
        for name, address in (("hung", url), ("gone", "redis://127.0.0.1:1/0")):
            first, later = time_failure(address)
            yield Row.at_most(f"first request, Redis {name}", first, "ms", 60)
            yield Row.at_most(f"99 of 100 later ones, Redis {name}", later, "ms", 1)


def time_failure(url: str) -> tuple[float, float]:
    """Return milliseconds of a first request, and what 99 % of later ones take."""
    from django.conf import settings  # noqa: PLC0415
    from django.test import override_settings  # noqa: PLC0415

    from custom.limits.limiter import get_limiter  # noqa: PLC0415
    from custom.rates import Rate  # noqa: PLC0415

    seconds = settings.RATE_STORE_SECONDS
    store = {
        "URL": url,
        "CONNECT_TIMEOUT": seconds,
        "TIMEOUT": seconds,
        "COOLDOWN": 60.0,
    }
    with override_settings(RATE_STORE=store):
        limiter = get_limiter()
        window = limiter.window("dead", Rate(LIMIT, WINDOW), "all")
        milliseconds = []
        for _ in range(1000):
            start = time.perf_counter()
            limiter.take(window)
            milliseconds.append((time.perf_counter() - start) * 1000)
    return milliseconds[0], statistics.quantiles(milliseconds[2:], n=100)[-1]


if __name__ == "__main__":
    run_main(main)
