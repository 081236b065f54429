"""How baskets end: as orders, or forgotten."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from basket.errors import BasketChangedError
from basket.models import Basket
from basket.selectors import BasketContents
from custom.purging import purge_in_batches
from custom.transactions import transactional

PURGE_BATCH = 200  # baskets in one transaction


@transactional
def close_basket(contents: BasketContents, *, order: uuid.UUID) -> None:
    """Turn a basket into an order, in the caller's transaction; 1 statement.

    Of two orders of one basket the second waits here for the first.

    Raises:
        BasketChangedError: It is not as it was read: changed, ordered or merged.
    """
    as_read = Basket.objects.filter(
        pk=contents.basket_id, version=contents.version, state=Basket.State.OPEN
    )
    is_closed = as_read.update(
        state=Basket.State.ORDERED,
        order=order,
        holder=None,
        version=contents.version + 1,
        updated_at=timezone.now(),
    )
    if not is_closed:
        msg = "Your basket has changed. Please look at it again."
        raise BasketChangedError(msg)


def purge_baskets() -> int:
    """Delete guests' and closed baskets untouched for ``BASKET_DAYS``; count them.

    Some at a time; one that is touched meanwhile stays.
    """
    limit = timezone.now() - timedelta(days=settings.BASKET_DAYS)
    abandoned = Basket.objects.abandoned_before(limit).order_by("updated_at")
    return purge_in_batches(abandoned, batch=PURGE_BATCH, delete=_delete)


def _delete(pks: list[int]) -> int:
    """Delete what is still abandoned of these; count baskets, not their lines."""
    limit = timezone.now() - timedelta(days=settings.BASKET_DAYS)
    locked = Basket.objects.abandoned_before(limit).filter(pk__in=pks).order_by("pk")
    found = list(locked.select_for_update().values_list("pk", flat=True))
    Basket.objects.filter(pk__in=found).delete()
    return len(found)
