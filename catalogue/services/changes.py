"""What the search index must take over after a commit (decision 0024)."""

from collections.abc import Iterable

from catalogue.models import ProductChange, ProductListing
from catalogue.querysets import WHOLE_SHOP
from custom import outbox
from custom.transactions import transactional

TOPIC = "product.changed"
BATCH = 500  # rows of one INSERT


@transactional
def announce_changes(product_ids: Iterable[int]) -> None:
    """Have products indexed again once the transaction has committed; 3 statements.

    Called after what search shows of them was written, their lists included. Calling
    it twice is harmless: the index reads each product once, as it then is.
    """
    pks = sorted(set(product_ids))
    if not pks:
        return
    whole_shop = ProductListing.objects.in_scope(WHOLE_SHOP)
    listed = set(
        whole_shop.filter(product__in=pks).values_list("product_id", flat=True)
    )
    ProductChange.objects.bulk_create(
        (ProductChange(product_id=pk, is_listed=pk in listed) for pk in pks),
        batch_size=BATCH,
    )
    outbox.publish(TOPIC, {"count": len(pks)})


@transactional
def forget_changes(change_ids: Iterable[int]) -> None:
    """Take away changes that the index has taken over."""
    ProductChange.objects.filter(pk__in=list(change_ids)).delete()
