"""Every write to the index, and to what staff read about searches."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone
from haystack import connections
from haystack.constants import DEFAULT_ALIAS
from haystack.query import SearchQuerySet

from catalogue.models import Product, ProductChange
from catalogue.services import forget_changes
from custom.batching import batched
from custom.caching.versions import announce
from custom.transactions import transactional
from search.documents import build_documents
from search.filling import EVERYTHING, Range, fill_by_processes
from search.matching import get_backend
from search.models import QUERY_LENGTH, FruitlessQuery
from search.selectors import engine_errors
from search.tags import SEARCH
from search.text import normalise

BATCH = 500  # products read and written at a time
PART = 50_000  # products of one part of a new index
KEEP_QUERIES = timedelta(days=90)  # after they were last asked
MOST_QUERIES = 5000  # kept; the rarest go first
LONGEST_NUMBER = 5  # digits; more may be somebody's telephone
DIGITS = re.compile(r"\d")
COUNT_QUERY = (
    "INSERT INTO search_fruitlessquery (query, count, first_at, last_at) "
    "VALUES (%s, 1, %s, %s) ON DUPLICATE KEY UPDATE count = count + 1, last_at = %s"
)


@dataclass(frozen=True)
class Drift:
    """Where index and database disagree: ids of products."""

    missing: list[int]  # public, and not found
    surplus: list[int]  # found, and not public
    outdated: list[int]  # found as they no longer are

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.missing or self.surplus or self.outdated)


def follow_changes() -> int:
    """Bring the index up to every change that has committed; count the changes.

    What several transactions announced of one product is written once. A crash in
    between loses nothing: a change is forgotten only after the index has it.

    Raises:
        SearchUnavailableError: The index cannot be written; the changes stay.
    """
    followed = 0
    while True:
        with engine_errors(), _writing():
            # Read under the writer's lock: whoever writes last has read last.
            changes = list(ProductChange.objects.oldest(BATCH))
            if changes:
                _write({change.product_id for change in changes})
        if not changes:
            return followed
        _forget(change.pk for change in changes)
        followed += len(changes)


def rebuild_index(report: Callable[[int], object] = lambda _: None) -> int:
    """Make the index again from the database while the old one is searched.

    Args:
        report: Told how many products are written.

    Returns:
        Number of products in the new index.

    Raises:
        RebuildRunningError: Another process rebuilds.
        SearchUnavailableError: The index cannot be written; the old one stays.
    """
    # Named one by one: a lower id may still commit, with what is not read below.
    known = list(ProductChange.objects.values_list("pk", flat=True))
    backend = get_backend()
    if hasattr(backend, "rebuilding"):
        with engine_errors(), backend.rebuilding() as place:
            written = _fill(place, report)
            for some in batched(backend.assemble(place), BATCH):
                with backend.writing(rebuild=True):
                    _write(some)
    else:  # written in place: what is no longer public is still there
        with engine_errors():
            written = _write_range(EVERYTHING, report)
        repair_index(find_drift())
    announce([SEARCH])
    for some in batched(known, BATCH):
        _forget(some)
    return written


def fill_parts(
    place: Path, ranges: Iterable[Range], report: Callable[[int], object]
) -> int:
    """Write parts of a new index, each of the products in a range of ids.

    Args:
        place: Where the rebuild that began has its parts.
        ranges: One for each part.
        report: Told how many products are written.
    """
    backend = get_backend()
    written = 0
    for each in ranges:
        with engine_errors(), backend.filling(place, each.first):
            written = _write_range(each, report, written)
    return written


def find_drift() -> Drift:
    """Compare every product with what the index holds of it.

    Raises:
        SearchUnavailableError: There is no index, or its engine fails.
    """
    with engine_errors():
        indexed = _fingerprints()
    missing, outdated = [], []
    public: set[int] = set()
    for pks in _public_batches(EVERYTHING):
        for pk, document in build_documents(pks).items():
            public.add(pk)
            if pk not in indexed:
                missing.append(pk)
            elif indexed[pk] != document["fingerprint"]:
                outdated.append(pk)
    return Drift(missing, sorted(indexed.keys() - public), outdated)


def repair_index(drift: Drift) -> None:
    """Write just what disagrees.

    Raises:
        SearchUnavailableError: The index cannot be written.
    """
    pks = sorted({*drift.missing, *drift.surplus, *drift.outdated})
    for some in batched(pks, BATCH):
        with engine_errors(), _writing():
            _write(some)
    announce([SEARCH])


@transactional
def count_fruitless(query: str) -> None:
    """Count a query that found nothing; 1 statement.

    What may be personal is not kept: an address of mail, or a long number.
    """
    words = normalise(query)
    if "@" in query or len(DIGITS.findall(query)) > LONGEST_NUMBER or not words:
        return
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(COUNT_QUERY, [words[:QUERY_LENGTH], now, now, now])


@transactional
def purge_fruitless() -> int:
    """Delete queries nobody has asked for long, then the rarest beyond a number."""
    old = FruitlessQuery.objects.unasked_since(timezone.now() - KEEP_QUERIES)
    total: int = old.delete()[0]
    surplus = FruitlessQuery.objects.count() - MOST_QUERIES
    if surplus > 0:
        rarest = FruitlessQuery.objects.rarest().values_list("pk", flat=True)
        pks = list(rarest[:surplus])
        total += FruitlessQuery.objects.filter(pk__in=pks).delete()[0]
    return total


@transactional
def _forget(change_ids: Iterable[int]) -> None:
    """Take away changes that the index has; what they hid is found again."""
    forget_changes(change_ids)
    announce([SEARCH])


def _write(product_ids: Iterable[int]) -> int:
    """Write products as they are now, and take out those nobody may see; count."""
    pks = sorted(set(product_ids))
    documents = build_documents(pks)
    backend = get_backend()
    rows = []
    for pk, document in documents.items():
        row = Product(pk=pk)
        row.search_document = document  # type: ignore[attr-defined]
        rows.append(row)
    if rows:
        index = connections[DEFAULT_ALIAS].get_unified_index().get_index(Product)
        backend.update(index, rows)
    for pk in pks:
        if pk not in documents:
            backend.remove(f"catalogue.product.{pk}")
    return len(rows)


def _fill(place: Path, report: Callable[[int], object]) -> int:
    """Write every public product into parts, by several processes if there are many."""
    public = Product.objects.public().order_by("pk").values_list("pk", flat=True)
    ranges = []
    first = EVERYTHING.first
    while lasts := public.filter(pk__gte=first)[PART - 1 : PART]:
        ranges.append(Range(first, lasts[0]))
        first = lasts[0] + 1
    ranges.append(Range(first, None))
    if len(ranges) == 1:
        return fill_parts(place, ranges, report)
    return fill_by_processes(place, ranges, report)


def _write_range(
    wanted: Range, report: Callable[[int], object], written: int = 0
) -> int:
    """Write all public products of a range; count them on top of those written."""
    for pks in _public_batches(wanted):
        written += _write(pks)
        report(written)
    return written


def _public_batches(wanted: Range) -> Iterator[Sequence[int]]:
    """Walk over the ids of a range's public products, some at a time."""
    public = Product.objects.public().order_by("pk")
    if wanted.last is not None:
        public = public.filter(pk__lte=wanted.last)
    last = wanted.first - 1
    while pks := list(public.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield pks
        last = pks[-1]


def _writing() -> AbstractContextManager[None]:
    """Be the one writer, where the engine can have only one."""
    backend = get_backend()
    if not hasattr(backend, "writing"):
        return nullcontext()
    writing: AbstractContextManager[None] = backend.writing()
    return writing


def _fingerprints() -> dict[int, str]:
    """Return product id -> digest of what the index holds of it."""
    backend = get_backend()
    if hasattr(backend, "fingerprints"):
        found: dict[int, str] = backend.fingerprints()
        return found
    return {int(each.pk): each.fingerprint for each in SearchQuerySet()}
