"""``manage.py staff``: hold groups against the shop's, take a lost factor away."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from staff.factors import reset_factors
from staff.services import Difference, compare_groups, keep_groups
from users.models import User


class Command(BaseCommand):
    """What operators do with staff; ``groups --check`` changes nothing."""

    help = "Keep the groups that come with the shop; reset a lost second factor."

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

        reset = actions.add_parser("reset", help="take a lost second factor away")
        reset.add_argument("email", help="of the account, which then enrols anew")

    def handle(self, *args: object, action: str, **options: Any) -> None:  # noqa: ANN401
        """Do one of the two."""
        if action == "groups":
            self._keep_groups(check=options["check"], exact=options["exact"])
        else:
            self._reset(options["email"])

    def _reset(self, email: str) -> None:
        """Take an account's factors away, and end its sessions."""
        user = User.objects.with_email(email).first()
        if user is None:
            msg = f"No account has the address {email}."
            raise CommandError(msg)
        reset_factors(user, actor=None)
        self.stdout.write(f"{user} signs in without a second factor, and enrols anew.")

    def _keep_groups(self, *, check: bool, exact: bool) -> None:
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
