"""Lists of products, as far as their ids: how many there are, and those of a page."""

from collections.abc import Iterable
from typing import Any

from catalogue.models import ListedValue, ListingCount, ProductListing
from catalogue.querysets import ORDERINGS, WHOLE_SHOP, Narrowing, Sorting
from custom.prepared import PreparedRead, PreparedRows, read_together

_COUNTS = PreparedRead(
    lambda scopes: ListingCount.objects.filter(scope__in=scopes).values_list(
        "scope", "product_count"
    )
)


def _ids_in_order(sort: Sorting) -> PreparedRead[int]:
    """Prepare the read of the products' ids of a list."""
    return PreparedRead(
        lambda scope: sort(ProductListing.objects.in_scope(scope)).values_list(
            "product_id", flat=True
        )
    )


_WHOLE_LISTS = {name: _ids_in_order(sort) for name, sort in ORDERINGS.items()}
_LISTED = PreparedRead(ProductListing.objects.all)


def listed() -> PreparedRows[ProductListing]:
    """Return the rows of all lists, for what picks one of them."""
    return _LISTED.rows()


def count_products(scopes: Iterable[int]) -> dict[int, int]:
    """Return the number of products in lists; 1 query.

    Args:
        scopes: Categories' ids, or ``WHOLE_SHOP``.

    Returns:
        Scope -> number; lists that never had a product may be left out.
    """
    return dict(_COUNTS(scopes=list(scopes)))


def whole_list(scope: int, ordering: str) -> PreparedRows[int]:
    """Return the products' ids of a list, in the order of a key of ``ORDERINGS``."""
    return _WHOLE_LISTS[ordering].rows(scope=scope)


class WholeList:
    """The product ids of a list from end to end, as a paginator wants them.

    They are counted beforehand: that takes one row instead of as many as there are
    products, and comes with the page's ids, in one trip.
    """

    ordered = True

    def __init__(
        self, rows: PreparedRows[int], scope: int, window: tuple[int, int]
    ) -> None:
        """Take the rows, which list they are, and which page will be asked for.

        Args:
            rows: ``whole_list``.
            scope: Its own.
            window: The page's first row, from 0, and how many there are at most.
        """
        self._rows = rows
        self._scope = scope
        self._start, size = window
        self._page = slice(self._start, self._start + size)
        self._ids: list[int] = []

    def count(self) -> int:
        """Return the number of products; 2 queries, in one trip."""
        counts, self._ids = read_together(
            _COUNTS.of(scopes=[self._scope]), self._rows.of(self._page)
        )
        return dict(counts).get(self._scope, 0)

    def __getitem__(self, cut: slice) -> list[int]:
        """Return the ids of a page; the announced one's are there."""
        if cut.start == self._start:
            return self._ids[: cut.stop - cut.start]
        return self._rows[cut]


class ListedKeys:
    """The product ids of a narrowed list, as a paginator wants them."""

    ordered = True

    def __init__(self, rows: Any, narrowing: Narrowing) -> None:  # noqa: ANN401
        """Take the rows in their order, or ``whole_list``, and how it was narrowed."""
        self._rows = rows
        self._narrowing = narrowing
        self._matching = 0

    def count(self) -> int:
        """Return the number of products; 1 query."""
        self._matching = self._count()
        return self._matching

    def __getitem__(self, cut: slice) -> list[int]:
        """Return the ids of a page; 1 query by an index, 2 with attributes."""
        rows = self._rows
        if wanted := self._narrowing.attributes:
            in_order = self._is_short_walk(cut.stop)
            narrow = rows.with_values_in_order if in_order else rows.with_values
            rows = narrow(wanted)
        return list(rows.values_list("product_id", flat=True)[cut])

    def _count(self) -> int:
        narrowing, wanted = self._narrowing, self._narrowing.attributes
        if narrowing.is_whole and narrowing.scope == WHOLE_SHOP:
            # Its products are all that have values.
            return ListedValue.objects.count_products(wanted)
        return self._rows.with_values(wanted).count()

    def _is_short_walk(self, end: int) -> bool:
        """Tell whether looking along the list finds a page sooner than sorting.

        Of ``total`` products ``matching`` fit: the row that ends the page comes after
        some ``end * total / matching`` products.
        """
        scope = self._narrowing.scope
        total = count_products([scope]).get(scope, 0)
        return end * total < self._matching**2


def listed_keys(rows: Any, window: tuple[int, int]) -> WholeList | ListedKeys:  # noqa: ANN401
    """Return the product ids of a list for a paginator.

    Args:
        rows: With their ``narrowing``, as ``ProductFilterSet`` returns them.
        window: The first row that will be asked for, and how many.
    """
    narrowing: Narrowing = rows.narrowing
    if narrowing.is_whole and not narrowing.attributes:
        return WholeList(rows, narrowing.scope, window)
    return ListedKeys(rows, narrowing)
