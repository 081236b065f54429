"""What undoing an import costs: the processor an object, and the most memory.

    script/bench undo [--rows N] [--only STEP] [--json FILE]

Products with a variant and an offer each are made in a MariaDB of its own, then steps
as imports leave them: titles and attributes, variants, prices, new products. Each is
undone by a process of its own, first with a tenth of the rows, so that the table shows
whether time grows with the rows and memory does not. ``python`` and ``database`` are
milliseconds of the processor for one row of the history.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import django

from script.benches._measuring import cpu_seconds, print_table
from script.lib.console import ROOT, run_main, say
from script.lib.servers import MariaDB, Redis
from tests.servers import own_server, unwind_on_signals

ROWS = 50_000
STEPS = ("products", "variants", "prices", "new products")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    rows: int
    restored: int
    seconds: float
    python: float
    database: float
    peak_mb: float


def main() -> int:
    """Make the shop, undo step after step, print a table, and store it if asked to."""
    parser = argparse.ArgumentParser(prog="script/bench undo", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="of each step")
    parser.add_argument("--only", choices=STEPS, help="undo just this step")
    parser.add_argument("--json", type=Path, help="write the numbers here")
    wanted = parser.parse_args()
    unwind_on_signals()
    with ExitStack() as stack:
        database = stack.enter_context(own_server(MariaDB))
        redis = stack.enter_context(own_server(Redis))
        os.environ |= {
            "DATABASE_URL": database.url,
            "REDIS_URL": redis.url,
            "DJANGO_SETTINGS_MODULE": "shop.settings.test",
            "LOG_LEVEL": "ERROR",
        }
        session = int(database.record.read_text().split()[0])
        steps = [wanted.only] if wanted.only else STEPS
        rows = _measure(wanted.rows, steps, session)
    print_table(
        ("step", "rows", "put back", "seconds", "python", "database", "peak MB"),
        [list(asdict(row).values()) for row in rows],
    )
    if wanted.json:
        wanted.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    return 0


def _measure(count: int, steps: Sequence[str], session: int) -> list[Row]:
    """Undo steps of a tenth of the rows, and of all."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - after setup

    from script.benches._undo_steps import Shop  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)
    say(f"Making {count:,} products")
    shop = Shop(count)
    rows = []
    for size in (count // 10, count):
        for what in steps:
            say(f"Undoing {what} of {size:,}")
            rows.append(_undo(what, shop.change(what, size), session))
    return rows


def _undo(what: str, batch: str, session: int) -> Row:
    """Undo a step in a process of its own."""
    before = cpu_seconds(session)
    done = subprocess.run(
        [sys.executable, "-m", "script.benches._undo_steps", batch],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    rows = told["rows"]
    return Row(
        what=what,
        rows=rows,
        restored=told["restored"],
        seconds=round(told["seconds"], 1),
        python=round(told["python"] / rows * 1000, 2),
        database=round((cpu_seconds(session) - before) / rows * 1000, 2),
        peak_mb=round(told["peak_kb"] / 1024, 1),
    )


if __name__ == "__main__":
    run_main(main)
