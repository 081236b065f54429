"""``manage.py stock verify``: prove that levels, ledger and orders agree."""

import argparse

from django.core.management.base import BaseCommand, CommandError, CommandParser

from partner.services import Finding, verify_stock


class Command(BaseCommand):
    """What operators do with stock; ``verify`` alone changes nothing."""

    help = "Compare stock levels with their movements and with open order lines."

    def add_arguments(self, parser: CommandParser) -> None:
        """Read what to do."""
        actions = parser.add_subparsers(dest="action", required=True)
        verify: argparse.ArgumentParser = actions.add_parser(
            "verify", help="name every level that disagrees; fail if one is left"
        )
        verify.add_argument(
            "--repair", action="store_true", help="write correcting movements"
        )

    def handle(self, *args: object, repair: bool, **options: object) -> None:
        """Name each finding and what was done, and fail if one is left."""
        findings = verify_stock(repair=repair)
        for found in findings:
            self.stdout.write(f"stock record {found.stock_record_id}: {_tell(found)}")
        left = sum(not found.is_repaired for found in findings)
        if left:
            msg = f"{left} levels disagree with their movements or with open orders."
            raise CommandError(msg)
        self.stdout.write("Every level agrees with its movements and with open orders.")


def _tell(found: Finding) -> str:
    """Say what a level, its movements and the orders say, and what was done."""
    told = (
        f"{found.num_in_stock} in stock and {found.num_allocated} promised; movements"
        f" say {found.moved_in_stock} and {found.moved_allocated}; open orders wait"
        f" for {found.claimed}"
    )
    if found.is_repaired:
        return f"{told}; corrected to {found.num_in_stock} and {found.claimed}"
    if found.is_oversold:
        return f"{told}; oversold: count it, allow backorders, or cancel orders"
    return told
