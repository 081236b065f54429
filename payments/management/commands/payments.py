"""``manage.py payments``: look after the ledger of money."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from payments.services import reconcile_payments


class Command(BaseCommand):
    """Compares payments with their providers' books."""

    help = "Compare payments with their providers' books, and with their own events."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the one thing to do, and how."""
        steps = parser.add_subparsers(dest="step", required=True)
        reconcile = steps.add_parser("reconcile", help=self.help)
        reconcile.add_argument(
            "--days",
            type=int,
            default=7,
            help="How old settled payments may be (default: %(default)s).",
        )
        reconcile.add_argument(
            "--repair",
            action="store_true",
            help="Take over what the provider says, and do again what never left.",
        )

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401
        """Name each difference, and fail if there is one that stays."""
        since = timezone.now() - timedelta(days=options["days"])
        found = 0
        for difference in reconcile_payments(since=since, repair=options["repair"]):
            found += 1
            self.stdout.write(f"{difference.payment}: {difference.detail}")
        if not found:
            self.stdout.write("Every payment is as its provider has it.")
        elif options["repair"]:
            self.stdout.write(f"{found} differences; run again to see what stays.")
        else:
            msg = f"{found} differences."
            raise CommandError(msg)
