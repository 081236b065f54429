"""Haystack's Xapian engine, made exact and fast (decision 0024).

``xapian-haystack`` counts facets of the first thousand matches only, and those of
fields with several values on the page alone; it compares prices as text, reads every
match to count them, and opens the index once for each product written. What it has of
Haystack's interface is kept, what reads and writes the index is here.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import xapian
from filelock import FileLock, Timeout
from haystack.backends import BaseEngine, BaseSearchBackend, BaseSearchQuery
from haystack.exceptions import HaystackError
from haystack.models import SearchResult
from xapian_backend import XapianEngine, XapianSearchBackend

from custom.caching.versions import raise_on_commit
from search.errors import RebuildRunningError
from search.query import Lookup, Query
from search.reading import Reading, commit_of
from search.storage import Notes, Storage
from search.tags import SEARCH
from search.writing import ONCE, Writer

T = TypeVar("T")
LAYOUT = "4"  # raised when the same fields are written in another way
LOCK_SECONDS = 60  # a batch takes less than one
# BM25 without the length of documents: words are written with that of their field.
WEIGHING = xapian.BM25Weight(ONCE, 0, 1, 0, 0.5)
TRIES = 3  # of a search that two commits have overtaken
MORE_SPELLINGS = 2  # letters that a suggestion may differ by


class LockTakenError(HaystackError):
    """Another process has been writing for too long."""


class Backend(XapianSearchBackend):
    """One index on this machine's disk; any number of readers, one writer."""

    _writers: list[Writer | Notes] | None = None

    @property
    def storage(self) -> Storage:
        """Return where the index lies, for the fields as they are now."""
        return _storage(self.path, LAYOUT, *self.column.items())

    # --- Writing ------------------------------------------------------------------

    @contextmanager
    def writing(self, *, rebuild: bool = False) -> Iterator[None]:
        """Be the one writer; what is written inside is committed once, at the end.

        Args:
            rebuild: Write to the generation that a rebuild has made, not to all.

        Raises:
            HaystackError: The index is broken, or the lock stays taken.
        """
        with _own_errors(), self._lock("lockfile", LOCK_SECONDS), ExitStack() as stack:
            storage = self.storage
            opened = [storage.open_next()] if rebuild else storage.open_to_write()
            for database in opened:
                stack.enter_context(closing(database))
            writers: list[Writer | Notes]
            writers = [Writer(database, self.column) for database in opened]
            notes = None if rebuild else storage.notes()
            with self._written_by([*writers, *filter(None, [notes])]):
                yield
            raise_on_commit([SEARCH])

    @contextmanager
    def rebuilding(self) -> Iterator[Path]:
        """Make a new generation beside the one that is searched, then switch.

        Yields:
            Where to ``fill`` parts, to be assembled before the end.

        Raises:
            RebuildRunningError: Another process rebuilds.
        """
        with _own_errors(), self._rebuild_lock(), ExitStack() as undo:
            with self._lock("lockfile", LOCK_SECONDS):
                place = self.storage.begin()
            undo.callback(self._abandon)
            yield place
            with self._lock("lockfile", LOCK_SECONDS):
                self.storage.switch()
            undo.pop_all()
            raise_on_commit([SEARCH])

    @contextmanager
    def filling(self, place: Path, first: int) -> Iterator[None]:
        """Write a part of a new generation: products from an id on; needs no lock."""
        with _own_errors(), ExitStack() as stack:
            documents, columns = self.storage.open_part(place, first)
            for database in (columns, documents):
                stack.enter_context(closing(database))
            with self._written_by([Writer(documents, self.column, columns)]):
                yield
            columns.commit()

    def assemble(self, place: Path) -> list[int]:
        """Make a generation of parts; every change goes to it from now on.

        Returns:
            Ids of the products that have changed since the parts were begun.
        """
        with _own_errors():
            made = self.storage.merge(place)
            with self._lock("lockfile", LOCK_SECONDS):
                return self.storage.adopt(made)

    def update(self, index: Any, iterable: Iterable[Any], commit: Any = True) -> None:  # noqa: ANN401, FBT002 - Haystack's own
        """Put products' documents into the index; their old ones are replaced."""
        prepared = [(obj.pk, index.full_prepare(obj)) for obj in iterable]
        self._write(lambda writer: writer.put_all(prepared))

    def remove(self, obj_or_string: Any, commit: Any = True) -> None:  # noqa: ANN401, FBT002 - Haystack's own
        """Take a product out; it is named by itself or as ``app.model.id``."""
        pk = getattr(obj_or_string, "pk", None) or obj_or_string.rpartition(".")[2]
        self._write(lambda writer: writer.remove(int(pk)))

    def clear(self, models: Any = (), commit: Any = True) -> None:  # noqa: ANN401, FBT002 - Haystack's own
        """Begin with an empty index."""
        with self.rebuilding() as place:
            self.assemble(place)

    def _abandon(self) -> None:
        """Drop what a rebuild that failed has made: the disk may be full of it."""
        with self._lock("lockfile", LOCK_SECONDS):
            self.storage.abandon()

    @contextmanager
    def _written_by(self, writers: list[Writer | Notes]) -> Iterator[None]:
        """Let what is written go to these, and commit it at the end."""
        self._writers = writers
        try:
            yield
            for writer in writers:
                writer.commit()
        finally:
            self._writers = None

    def _write(self, work: Callable[[Writer | Notes], object]) -> None:
        if self._writers is None:
            with self.writing():
                self._write(work)
            return
        for writer in self._writers:
            work(writer)

    @contextmanager
    def _lock(self, name: str, seconds: float) -> Iterator[None]:
        """Hold a lock that ends with this process, however that ends."""
        home = Path(self.path)
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / name)
        try:
            lock.acquire(timeout=seconds)
        except Timeout as error:
            msg = f"{name} stays taken"
            raise LockTakenError(msg) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _rebuild_lock(self) -> Iterator[None]:
        """Be the one who rebuilds."""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._lock("rebuild.lock", 0))
            except LockTakenError as error:
                msg = "Another process rebuilds the index."
                raise RebuildRunningError(msg) from error
            yield

    # --- Reading ------------------------------------------------------------------

    def search(  # noqa: PLR0913, PLR0917 - Haystack's own
        self,
        query: xapian.Query,
        sort_by: Sequence[str] | None = None,
        start_offset: int = 0,
        end_offset: int | None = None,
        facets: Mapping[str, Mapping[str, Any]] | None = None,
        spelling_query: str | None = None,
        result_class: Callable[..., Any] | None = None,
        lookups: Sequence[Lookup] = (),
        **_options: object,
    ) -> dict[str, Any]:
        """Return matches, their exact number, facets and a better spelling.

        Args:
            query: What ``search.query`` has built.
            sort_by: Fields, ``-`` before one for downwards; without: best first.
            start_offset: The first match that is returned.
            end_offset: How many are returned (sic); all of them if None.
            facets: Field -> options; ``codes`` names attributes.
            spelling_query: Folded words.
            result_class: Of the matches.
            lookups: What must hold beside the query.
        """

        def ask(database: xapian.Database) -> dict[str, Any]:
            limit = database.get_doccount() if end_offset is None else end_offset
            order = partial(self._enquire, database, sort_by)
            reading = Reading(database, order, asked=tuple(sort_by or ()))
            cut = slice(start_offset, start_offset + limit)
            page, hits, counts = reading.page(query, lookups, facets or {}, cut)
            make = result_class or SearchResult
            return {
                "results": [
                    make("catalogue", "product", pk, weight) for pk, weight in page
                ],
                "hits": hits,
                "facets": {"fields": counts},
                "spelling_suggestion": _better_spelling(database, spelling_query),
            }

        return self._ask(ask)

    def state(self) -> tuple[bytes, int]:
        """Return which index is searched, and as of which of its commits."""
        return self._ask(commit_of)

    def document_count(self) -> int:
        """Return how many products the index holds."""
        return self._ask(lambda database: database.get_doccount())

    def fingerprints(self) -> dict[int, str]:
        """Return product id -> digest of the state that the index holds."""

        def ask(database: xapian.Database) -> dict[int, str]:
            return {
                each.docid: Writer.fingerprint(database.get_document(each.docid))
                for each in database.postlist("")
            }

        return self._ask(ask)

    def _ask(self, question: Callable[[xapian.Database], T]) -> T:
        """Read from the current generation, again when a writer was faster."""
        with _own_errors():
            for _ in range(TRIES - 1):
                try:
                    return question(self.storage.read())
                except xapian.DatabaseModifiedError:
                    continue
            return question(self.storage.read())

    def _enquire(
        self,
        database: xapian.Database,
        sort_by: Sequence[str] | None,
        query: xapian.Query,
    ) -> xapian.Enquire:
        """Return what matches a query, in the order wanted."""
        enquire = xapian.Enquire(database)
        enquire.set_query(query)
        enquire.set_weighting_scheme(WEIGHING)
        if sort_by:
            enquire.set_sort_by_key(self._sorter(sort_by), False)
        enquire.set_docid_order(xapian.Enquire.ASCENDING)
        return enquire

    def _sorter(self, names: Sequence[str]) -> xapian.MultiValueKeyMaker:
        """Sort by fields; where those are equal, ids decide."""
        sorter = xapian.MultiValueKeyMaker()
        for name in names:
            sorter.add_value(self.column[name.lstrip("-")], name.startswith("-"))
        return sorter


class Engine(XapianEngine):
    """What ``SEARCH_URL=xapian://…`` stands for."""

    backend = Backend
    query = Query


class NoBackend(BaseSearchBackend):
    """What a wrong ``SEARCH_URL`` stands for: nothing can be found or written."""

    def _refuse(self, *_arguments: object, **_options: object) -> Any:  # noqa: ANN401
        msg = "SEARCH_URL names no engine; see manage.py check."
        raise HaystackError(msg)

    search = update = remove = clear = _refuse


class NoQuery(BaseSearchQuery):
    """A query that is never asked."""

    def build_query(self) -> str:
        """Return anything: the backend refuses it."""
        return "*"


class NoEngine(BaseEngine):
    """The engine of a wrong ``SEARCH_URL``."""

    backend = NoBackend
    query = NoQuery


@cache
def _storage(home: str, layout: str, *columns: tuple[str, int]) -> Storage:
    """Return where an index lies; each search asks."""
    written = repr(sorted(columns)).encode()
    digest = hashlib.blake2b(written, digest_size=6).hexdigest()
    return Storage(Path(home), f"{layout}-{digest}")


@contextmanager
def _own_errors() -> Iterator[None]:
    """Tell Xapian's errors in Haystack's words."""
    try:
        yield
    except xapian.Error as error:
        raise HaystackError(str(error)) from error


def _better_spelling(database: xapian.Database, words: str | None) -> str:
    """Return the words with those that no product has put right, or nothing."""
    if not words:
        return ""
    given = words.split()
    better = [
        word
        if Writer.knows(database, word)
        else database.get_spelling_suggestion(word, MORE_SPELLINGS).decode() or word
        for word in given
    ]
    return " ".join(better) if better != given else ""
