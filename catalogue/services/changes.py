"""What others must learn of products after a commit (decisions 0024 and 0032)."""

from collections.abc import Iterable

from catalogue.models import ProductChange, ProductListing, UnnumberedChange
from catalogue.pages import tags_of
from catalogue.querysets import WHOLE_SHOP
from custom import outbox
from custom.caching.versions import few, raise_on_commit
from custom.collecting import Turn, gathered
from custom.deleting import delete_rows
from custom.transactions import transactional

TOPIC = "product.changed"
BATCH = 500  # rows of one INSERT


@gathered(Turn.NEWS, None)
@transactional
def announce_changes(product_ids: Iterable[int]) -> None:
    """Tell search, kept pages and clients with copies after the commit; 4 statements.

    Called after what a row, a page or search shows of the products was written, their
    lists included. Calling it twice is harmless: each product is read as it then is.
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
    UnnumberedChange.objects.bulk_create(
        (UnnumberedChange(product_id=pk) for pk in pks), batch_size=BATCH
    )
    tags = few(tags_of(pks))
    outbox.publish(TOPIC, {"count": len(pks), "tags": tags})
    raise_on_commit(tags)


@transactional
def forget_changes(change_ids: Iterable[int]) -> None:
    """Take away changes that the index has taken over."""
    delete_rows(ProductChange, list(change_ids))
