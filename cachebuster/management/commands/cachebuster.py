"""``manage.py cachebuster check``: tell what is wrong with the static files."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cachebuster.findings import find_faults
from cachebuster.storage import static_files


class Command(BaseCommand):
    """Looks at files, templates and bundles; changes nothing."""

    help = "Tell what is wrong with the static files."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the one thing it can do."""
        parser.add_argument("action", choices=("check",))

    def handle(self, *_args: object, **_options: object) -> None:
        """Write a line for each fault.

        Raises:
            CommandError: There is one.
        """
        faults = find_faults(static_files)
        for fault in faults:
            self.stdout.write(str(fault))
        if faults:
            msg = f"{len(faults)} faults in the static files."
            raise CommandError(msg)
        self.stdout.write("The static files are in order.")
