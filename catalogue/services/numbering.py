"""Number changes in the order in which they are seen (decision 0032).

A number taken inside a transaction may become visible after a higher one. So changes
are numbered once they have committed, by one process at a time.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from catalogue.models import (
    ChangeCounter,
    NumberedProduct,
    ProductListing,
    UnnumberedChange,
)
from catalogue.querysets import WHOLE_SHOP
from custom.deleting import delete_rows
from custom.locks import lock_named
from custom.purging import purge_in_batches
from custom.transactions import transactional

NUMBERING_LOCK = "catalogue.numbering"
BATCH = 500  # changes numbered in one transaction


def number_changes() -> int:
    """Number every change that has committed; count the changes.

    A product that changed several times takes one number.
    """
    total = 0
    while numbered := _number_batch():
        total += numbered
    return total


def purge_tombstones() -> int:
    """Forget products gone for ``SYNC_TOMBSTONE_DAYS``, some at a time; count them.

    Cursors that have not seen them go expire.
    """
    limit = timezone.now() - timedelta(days=settings.SYNC_TOMBSTONE_DAYS)
    gone = NumberedProduct.objects.gone_before(limit).order_by("gone_at", "pk")
    return purge_in_batches(gone, batch=BATCH, delete=_forget)


@transactional
def expire_cursors() -> None:
    """Have every client start again, as after the database was put back to a backup.

    Numbers given out since that backup are never given out again: the counter jumps by
    more than there can have been.
    """
    counter = _lock_counter()
    counter.last = counter.forgotten = counter.last + 10**12
    counter.save()


@transactional
def _number_batch() -> int:
    """Number the oldest changes under the lock; 6 statements."""
    counter = _lock_counter()
    changes = dict(
        UnnumberedChange.objects.order_by("pk").values_list("pk", "product")[:BATCH]
    )
    # Whoever changes one of these from here on leaves another change behind.
    rows = _renumbered(sorted(set(changes.values())), counter.last + 1)
    NumberedProduct.objects.bulk_create(
        rows, update_conflicts=True, update_fields=("number", "gone_at")
    )
    if rows:
        counter.last = rows[-1].number
        counter.save()
    delete_rows(UnnumberedChange, changes)
    return len(changes)


def _renumbered(product_ids: Sequence[int], start: int) -> list[NumberedProduct]:
    """Return the rows to store, numbered from ``start``; 2 queries.

    What nobody has ever seen, or is told to be gone, needs no number. Lists decide, as
    they do for who asks, not the clock: a window that has passed is a change of its own
    once the lists have followed it.
    """
    listed = ProductListing.objects.in_scope(WHOLE_SHOP)
    shown = listed.filter(product__in=product_ids).order_by()
    seen = set(shown.values_list("product_id", flat=True))
    known = NumberedProduct.objects.filter(pk__in=product_ids, gone_at__isnull=True)
    told = set(known.values_list("pk", flat=True))
    now = timezone.now()
    changed = [pk for pk in product_ids if pk in seen or pk in told]
    return [
        NumberedProduct(
            product_id=pk, number=number, gone_at=None if pk in seen else now
        )
        for number, pk in enumerate(changed, start)
    ]


def _forget(product_ids: list[int]) -> int:
    """Delete rows of products that are still gone, and say up to which number."""
    counter = _lock_counter()
    rows = NumberedProduct.objects.filter(pk__in=product_ids, gone_at__isnull=False)
    numbers = dict(rows.values_list("pk", "number"))
    counter.forgotten = max(counter.forgotten, *numbers.values(), 0)
    counter.save()
    return NumberedProduct.objects.filter(pk__in=numbers).delete()[0]


def _lock_counter() -> ChangeCounter:
    """Be the one who numbers until the transaction ends; 2 statements."""
    lock_named(NUMBERING_LOCK)
    return ChangeCounter.objects.get_or_create(pk=ChangeCounter.ONLY)[0]
