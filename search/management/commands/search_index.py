"""``manage.py search_index``: compare the index with the database, or make it again."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from custom.errors import DomainError
from search.services import Drift, find_drift, rebuild_index, repair_index

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

    def handle(
        self,
        *args: Any,  # noqa: ANN401
        action: str,
        repair: bool = False,
        **options: Any,  # noqa: ANN401
    ) -> None:
        """Do it.

        Raises:
            CommandError: Index and database disagree, or there is no index.
        """
        try:
            if action == "rebuild":
                self._rebuild()
            else:
                self._verify(repair=repair)
        except DomainError as error:
            raise CommandError(error.detail) from error

    def _rebuild(self) -> None:
        started = time.monotonic()
        count = rebuild_index()
        seconds = time.monotonic() - started
        self.stdout.write(f"{count} products indexed in {seconds:.1f} s.")

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
