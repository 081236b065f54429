"""Fills the shop with films, customers and orders; see docs/demo.md."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.demo.baskets import load_baskets
from shop.demo.catalogue import load_catalogue
from shop.demo.films import FILMS_CSV, BadRow, Film, read_films
from shop.demo.people import load_accounts, load_orders
from shop.demo.selling import load_selling


class Command(BaseCommand):
    """``manage.py load_demo``: may be run again, adds what is missing."""

    help = "Load the demo shop; what is there already stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take another list of the same columns."""
        parser.add_argument("--films", type=Path, default=FILMS_CSV, help="a CSV file")

    def handle(self, *args: Any, films: Path, **options: Any) -> None:  # noqa: ANN401
        """Load films, accounts and orders, and tell what was stored.

        Raises:
            CommandError: The list cannot be read at all.
        """
        started = time.monotonic()
        rows = self._read(films)
        stored = load_catalogue(rows, self._report)
        load_accounts()
        load_selling()
        orders = load_orders()
        load_baskets()
        seconds = time.monotonic() - started
        self.stdout.write(
            f"Stored {stored} films and {orders} orders in {seconds:.0f} s; "
            f"{len(rows) - stored} films were there."
        )

    def _read(self, path: Path) -> list[Film]:
        """Read the list, naming every row that is skipped."""
        try:
            rows = list(read_films(path))
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        for row in rows:
            if isinstance(row, BadRow):
                self.stderr.write(
                    f"{path.name}, line {row.line}: {row.reason}; skipped."
                )
        return [row for row in rows if isinstance(row, Film)]

    def _report(self, done: int) -> None:
        """Show how far the films are."""
        self.stdout.write(f"  {done} films")
        self.stdout.flush()
