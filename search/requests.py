"""What a search is asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """What somebody looks for; several values of one filter are alternatives.

    Attributes:
        query: As it was typed.
        categories, partners: Ids; products below a category count.
        attributes: Code -> terms of values, as ``search.documents.token`` makes them.
        price_min, price_max: Minor units, both included.
        ordering: A key of ``ORDERINGS``; empty for the best first.
        facets: ``category``, ``partner``, ``price``, ``attr.<code>``.
        start, limit: Which matches are read at once.
    """

    query: str = ""
    categories: Collection[int] = ()
    partners: Collection[int] = ()
    attributes: Mapping[str, Collection[str]] = field(default_factory=dict)
    price_min: int | None = None
    price_max: int | None = None
    in_stock: bool | None = None
    ordering: str = ""
    facets: Sequence[str] = ()
    start: int = 0
    limit: int = 1
