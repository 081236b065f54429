"""``manage.py stats``: prove that summaries say what the ledgers say, or count anew."""

import time

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stats.models import StaleDay
from stats.services import Drift, find_drift, rebuild


class Command(BaseCommand):
    """What operators do with summaries; ``verify`` changes nothing."""

    help = "Compare the summaries of sales with their ledgers, or count them anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Read what to do."""
        steps = parser.add_subparsers(dest="step", required=True)
        steps.add_parser("verify", help="name every row that differs; fail if one does")
        anew = steps.add_parser("rebuild", help="count every day anew from the ledgers")
        anew.add_argument(
            "--go-on", action="store_true", help="what an earlier one has left"
        )

    def handle(
        self, *args: object, step: str, go_on: bool = False, **options: object
    ) -> None:
        """Do it, and tell what came of it.

        Raises:
            CommandError: ``verify`` found a difference.
        """
        if step == "verify":
            self._verify()
            return
        started = time.monotonic()
        total = 0
        for month, days in rebuild(goes_on=go_on):
            self.stdout.write(f"{month:%Y-%m}: {days} days")
            total += days
        seconds = time.monotonic() - started
        self.stdout.write(f"Counted {total} days anew in {seconds:.1f} s.")

    def _verify(self) -> None:
        """Name each difference."""
        found = 0
        for drift in find_drift():
            found += 1
            self.stdout.write(_tell(drift))
        marked = StaleDay.objects.count()
        if found:
            msg = f"{found} rows differ; {marked} days wait to be counted again."
            raise CommandError(msg)
        self.stdout.write("Every summary says what its ledgers say.")


def _tell(drift: Drift) -> str:
    """Say what a row says, and what it should, where the two differ."""
    found = drift.found
    names = sorted(found.stored.keys() | found.counted.keys())
    told = ", ".join(
        f"{name} {found.stored.get(name, 0)} instead of {found.counted.get(name, 0)}"
        for name in names
        if found.stored.get(name, 0) != found.counted.get(name, 0)
    )
    key = " ".join(map(str, found.key))
    return f"{drift.table} {drift.when} {key}: {told}".replace(" :", ":")
