"""``manage.py retention``: end what is kept no longer, or count it."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from custom.privacy.retention import apply_retention, due_rows


class Command(BaseCommand):
    """Apply the retention schedule by hand, as the scheduler does daily."""

    help = "End what is kept no longer; with --dry-run only count it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read ``--dry-run``."""
        parser.add_argument("--dry-run", action="store_true", help="Change nothing.")

    def handle(self, *args: object, **options: object) -> None:
        """List every class of data with what is due, then end it unless told not to."""
        for due in due_rows():
            task = due.retention.task or "custom.apply_retention"
            self.stdout.write(f"{due.rows:>8}  {due.retention.data}  ({task})")
        if not options["dry_run"]:
            self.stdout.write(f"Ended: {apply_retention()}")
