"""``manage.py check_stock``: prove that every level is the sum of its movements."""

from django.core.management.base import BaseCommand, CommandError

from partner.selectors import find_discrepancies


class Command(BaseCommand):
    """Compares stock levels with their ledger; changes nothing."""

    help = "Compare stock levels with the sum of their movements."

    def handle(self, *args: object, **options: object) -> None:
        """Name each level that differs, and fail if there is one."""
        found = find_discrepancies()
        for row in found:
            self.stdout.write(
                f"stock record {row.stock_record_id}: {row.num_in_stock} in stock,"
                f" {row.num_allocated} promised; its movements say"
                f" {row.moved_in_stock} and {row.moved_allocated}"
            )
        if found:
            msg = f"{len(found)} levels are not the sum of their movements."
            raise CommandError(msg)
        self.stdout.write("Every level is the sum of its movements.")
