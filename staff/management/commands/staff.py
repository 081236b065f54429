"""``manage.py staff groups``: hold the groups against those that come with the shop."""

import argparse

from django.core.management.base import BaseCommand, CommandError, CommandParser

from staff.services import Difference, compare_groups, keep_groups


class Command(BaseCommand):
    """What operators do with staff; ``groups --check`` changes nothing."""

    help = "Give the groups that come with the shop the permissions they lack."

    def add_arguments(self, parser: CommandParser) -> None:
        """Read what to do."""
        actions = parser.add_subparsers(dest="action", required=True)
        groups: argparse.ArgumentParser = actions.add_parser(
            "groups", help="add what the shop's groups lack; take nothing away"
        )
        how = groups.add_mutually_exclusive_group()
        how.add_argument(
            "--check", action="store_true", help="only tell; fail if one differs"
        )
        how.add_argument(
            "--exact", action="store_true", help="take away what was added to them"
        )

    def handle(
        self, *args: object, check: bool, exact: bool, **options: object
    ) -> None:
        """Name each difference, and what was done about it."""
        differences = compare_groups() if check else keep_groups(exact=exact)
        for found in differences:
            self._tell(found, check=check, exact=exact)
        if check and differences:
            msg = f"{len(differences)} groups differ from those of the shop."
            raise CommandError(msg)
        if not differences:
            self.stdout.write("The groups are those that come with the shop.")

    def _tell(self, found: Difference, *, check: bool, exact: bool) -> None:
        """Write a line for each permission that is missing or too much."""
        missing = "is missing" if check else "added"
        surplus = "taken away" if exact else "is not the shop's"
        for right in sorted(found.missing):
            self.stdout.write(f"{found.group}: {right} {missing}")
        for right in sorted(found.surplus):
            self.stdout.write(f"{found.group}: {right} {surplus}")
