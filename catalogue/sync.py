"""What changed since a client last looked (decision 0032)."""

from dataclasses import dataclass

from catalogue.errors import SyncExpiredError
from catalogue.models import ChangeCounter, NumberedProduct
from catalogue.querysets import ProductListingQuerySet


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to where a client has seen the changes.

    Attributes:
        position: The number of the last change it was told; 0 of none.
        floor: The last number there was when it began with nothing. It was told no
            product that had gone by then, so it need not hear of those.
    """

    position: int = 0
    floor: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """Some changes, in their order.

    Attributes:
        product_ids: Products as they now are in the list.
        deleted: Ids of products that are not in the list any more, or never were.
        mark: What the client has seen after these.
        count: Changes since the client's mark, these included.
        has_more: There are others behind these.
    """

    product_ids: list[int]
    deleted: list[int]
    mark: Mark
    count: int
    has_more: bool


def changes_since(mark: Mark, rows: ProductListingQuerySet, limit: int) -> Changes:
    """Read the next changes a client has not seen; 4 queries.

    Args:
        mark: Where it stands; ``Mark()`` if it has nothing.
        rows: The list it keeps a copy of.
        limit: Number of changes at most.

    Raises:
        SyncExpiredError: Products it knows have gone, and it cannot be told which.
    """
    if mark == Mark():
        # Read before the changes: what goes from now on has a higher number.
        mark = Mark(floor=_counter().last)
    numbered = NumberedProduct.objects.after(mark.position)
    count = numbered.count()
    found = list(numbered.order_by("number")[: limit + 1])
    page = found[:limit]
    listed = rows.filter(product__in=[row.pk for row in page])
    present = set(listed.order_by().values_list("product_id", flat=True))
    # Read after the changes: what is forgotten meanwhile is noticed.
    _refuse_expired(mark)
    return Changes(
        product_ids=[row.pk for row in page if row.pk in present],
        deleted=[
            row.pk for row in page if row.pk not in present and row.number > mark.floor
        ],
        mark=Mark(page[-1].number if page else mark.position, mark.floor),
        count=count,
        has_more=len(found) > limit,
    )


def _refuse_expired(mark: Mark) -> None:
    counter = _counter()
    seen = max(mark.position, mark.floor)
    if not counter.forgotten <= seen <= counter.last:
        msg = "This copy is too old to be brought up to date. Start again with none."
        raise SyncExpiredError(msg)


def _counter() -> ChangeCounter:
    """Return where the numbers stand; 1 query."""
    return (
        ChangeCounter.objects.filter(pk=ChangeCounter.ONLY).first() or ChangeCounter()
    )
