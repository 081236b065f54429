"""``manage.py catalogue verify``: prove the tree of categories and what follows."""

import argparse

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogue.services import repair_catalogue, verify_catalogue


class Command(BaseCommand):
    """What operators do with the catalogue; ``verify`` alone changes nothing."""

    help = "Compare the category tree, product lists, their counts, and slugs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Read what to do."""
        actions = parser.add_subparsers(dest="action", required=True)
        verify: argparse.ArgumentParser = actions.add_parser(
            "verify", help="name every fault; fail if one is left"
        )
        verify.add_argument(
            "--repair", action="store_true", help="make the numbers anew from parents"
        )

    def handle(self, *args: object, repair: bool, **options: object) -> None:
        """Name each fault, and fail if one is left.

        Raises:
            CommandError: The tree or what follows from it is wrong.
        """
        faults = verify_catalogue()
        for fault in faults:
            self.stdout.write(fault)
        if faults and repair:
            repair_catalogue()
            faults = verify_catalogue()
        if faults:
            msg = f"{len(faults)} faults; --repair makes the numbers anew."
            raise CommandError(msg)
        self.stdout.write("The tree, the lists and their counts are right.")
