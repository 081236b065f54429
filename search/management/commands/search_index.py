"""``manage.py search_index``: compare the index with the database, or make it again."""

import os
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from custom.errors import DomainError
from search.filling import Range
from search.services import (
    Drift,
    fill_parts,
    find_drift,
    rebuild_index,
    repair_index,
)

SHOWN = 10  # ids of each kind


class Command(BaseCommand):
    """Keeps the search index true; searches go on meanwhile."""

    help = "Verify or rebuild the search index."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do."""
        actions = parser.add_subparsers(dest="action", required=True)
        verify = actions.add_parser("verify", help="Tell where it differs.")
        verify.add_argument(
            "--repair", action="store_true", help="Write what differs, and look again."
        )
        actions.add_parser("rebuild", help="Make it again; the old one serves so long.")
        fill = actions.add_parser("fill")  # what processes of a rebuild run
        fill.add_argument("place", type=Path)
        fill.add_argument("ranges", type=Range.read, nargs="+")

    def handle(
        self,
        *args: Any,  # noqa: ANN401
        action: str,
        repair: bool = False,
        place: Path = Path(),
        ranges: Sequence[Range] = (),
        **options: Any,  # noqa: ANN401
    ) -> None:
        """Do it.

        Raises:
            CommandError: Index and database disagree, or there is no index.
        """
        try:
            if action == "rebuild":
                self._rebuild()
            elif action == "fill":
                self._fill(place, ranges)
            else:
                self._verify(repair=repair)
        except DomainError as error:
            raise CommandError(error.detail) from error

    def _rebuild(self) -> None:
        started = time.monotonic()
        count = rebuild_index()
        seconds = time.monotonic() - started
        self.stdout.write(f"{count} products indexed in {seconds:.1f} s.")

    def _fill(self, place: Path, ranges: Sequence[Range]) -> None:
        """Tell after each batch how many are written; stop when nobody listens."""
        parent = os.getppid()

        def tell(written: int) -> None:
            if os.getppid() != parent:
                msg = "The rebuild that this was part of has ended."
                raise CommandError(msg)
            self.stdout.write(str(written))
            self.stdout.flush()

        fill_parts(place, ranges, tell)

    def _verify(self, *, repair: bool) -> None:
        drift = find_drift()
        self._tell(drift)
        if drift and repair:
            repair_index(drift)
            drift = find_drift()
            self._tell(drift)
        if drift:
            msg = "Index and database disagree; see --repair and rebuild."
            raise CommandError(msg)

    def _tell(self, drift: Drift) -> None:
        """Say how many products differ in which way, with the first ids."""
        for kind in ("missing", "surplus", "outdated"):
            pks = getattr(drift, kind)
            first = ", ".join(map(str, pks[:SHOWN]))
            more = ", …" if len(pks) > SHOWN else ""
            self.stdout.write(f"{kind}: {len(pks)}{f' ({first}{more})' * bool(pks)}")
