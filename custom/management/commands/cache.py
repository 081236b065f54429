"""Look at the kept pages, or have all or some rendered anew."""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from custom.caching.store import get_store
from custom.caching.versions import EVERYTHING, get_versions


class Command(BaseCommand):
    """Look after the public pages that are kept in Redis."""

    help = "Show how many bytes of pages are kept, or raise what they show."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to do, and with which tags."""
        parser.add_argument("action", choices=["show", "raise"])
        parser.add_argument(
            "tags",
            nargs="*",
            metavar="TAG",
            help='As in the header Surrogate-Key: "products", "product-5". '
            "None: everything.",
        )

    def handle(self, *, action: str, tags: list[str], **options: object) -> None:
        """Print one line."""
        if action == "raise":
            raised = tags or [EVERYTHING]
            if not get_versions().raise_tags(raised):
                msg = "Redis does not answer: nothing was raised."
                raise CommandError(msg)
            self.stdout.write(f"Raised: {', '.join(raised)}.")
            return
        used, changes = get_store().used_bytes(), get_versions().count()
        if used is None or changes is None:
            msg = "Redis does not answer: no page is kept."
            raise CommandError(msg)
        self.stdout.write(
            f"{changes:,} changes so far; {used:,} of {settings.CACHE_BYTES:,} bytes"
            f" added in this span of {settings.CACHE_SECONDS} s"
        )
