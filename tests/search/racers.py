"""What processes do beside a test of the index."""

import time

from catalogue.models import Product
from catalogue.services import update_product
from search.services import follow_changes, rebuild_index
from tests.child import tell


def rename_and_follow(*, number: int) -> None:
    """Rename every product in turn, and bring the index up to date each time."""
    for pk in Product.objects.order_by("pk").values_list("pk", flat=True):
        update_product(pk, title=f"Title {pk} {number}")
        follow_changes()


def rebuild() -> int:
    """Make the index again."""
    return rebuild_index()


def rebuild_and_wait() -> None:
    """Stop for ever when the first products are written."""

    def wait(written: int) -> None:
        tell(f"wrote {written}")
        time.sleep(600)

    rebuild_index(wait)
