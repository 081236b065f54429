"""``manage.py catalogue``: prove the tree and what follows; have copies begun anew."""

import argparse

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogue.services import expire_cursors, repair_catalogue, verify_catalogue


class Command(BaseCommand):
    """What operators do with the catalogue; ``verify`` alone changes nothing."""

    help = "Compare the tree with what follows from it, or expire clients' cursors."

    def add_arguments(self, parser: CommandParser) -> None:
        """Read what to do."""
        actions = parser.add_subparsers(dest="action", required=True)
        verify: argparse.ArgumentParser = actions.add_parser(
            "verify", help="name every fault; fail if one is left"
        )
        verify.add_argument(
            "--repair", action="store_true", help="make the numbers anew from parents"
        )

        actions.add_parser(
            "expire-copies",
            help="have every client that keeps a copy start again, as after a restore",
        )

    def handle(
        self, *args: object, action: str, repair: bool = False, **options: object
    ) -> None:
        """Do what was named.

        Raises:
            CommandError: The tree or what follows from it is wrong.
        """
        if action == "expire-copies":
            expire_cursors()
            self.stdout.write("Clients that keep a copy will start again.")
        else:
            self._verify(repair=repair)

    def _verify(self, *, repair: bool) -> None:
        """Name each fault, and fail if one is left."""
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
