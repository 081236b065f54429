"""What processes do beside a test of the index."""

import time
from pathlib import Path
from unittest.mock import patch

from catalogue.models import Product
from catalogue.services import update_product
from search.filling import Range, fill_by_processes
from search.services import follow_changes, rebuild_index
from tests.child import tell


def rename_and_follow(*, number: int) -> None:
    """Rename every product in turn, and bring the index up to date each time."""
    for pk in Product.objects.order_by("pk").values_list("pk", flat=True):
        update_product(pk, title=f"Title {pk} {number}")
        follow_changes()


def rebuild_in_parts(*, size: int, rename: int) -> int:
    """Make the index again by several processes; a product changes meanwhile."""

    def change(_written: int) -> None:
        update_product(rename, title="Meanwhile")
        follow_changes()

    with patch("search.services.PART", size):
        return rebuild_index(change)


def fill_nowhere() -> None:
    """Have processes fill parts where they cannot."""
    fill_by_processes(Path("/nowhere"), [Range(1, 2), Range(3, None)], print)


def rebuild() -> int:
    """Make the index again."""
    return rebuild_index()


def rebuild_and_wait() -> None:
    """Stop for ever when the first products are written."""

    def wait(written: int) -> None:
        tell(f"wrote {written}")
        time.sleep(600)

    rebuild_index(wait)
