"""Where Xapian's index lies: one directory a generation, links that name some of them.

``current`` is searched. A rebuild fills parts, in the directory that ``filling``
names, and what changes meanwhile is noted there; of the parts it makes the generation
``next``, which takes every change too until it becomes the current one. A link is put
in another's place by one rename, so a search sees the old index or the new one, nothing
between. The former generation stays until the next rebuild: searches that began before
the switch still read it.
"""

import os
import secrets
import shutil
import threading
from collections.abc import Iterable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import xapian

from search.columns import ColumnWriter

CURRENT = "current"
NEXT = "next"
FILLING = "filling"
CHANGED = "changed"  # ids of products, one a line
FORMAT_KEY = "format"
# What is lost with the machine is filled again: a part is nobody's before it is merged.
PART = xapian.DB_CREATE | xapian.DB_NO_SYNC


class _Near(threading.local):
    """What a thread has opened to read: the generation, and with which layout."""

    opened: tuple[Path, str] | None = None
    database: Any = None


_near = _Near()


class Storage:
    """The generations below one directory; callers hold the writer's lock to write."""

    def __init__(self, home: Path, layout: str) -> None:
        """Take the name of the layout that this code reads and writes."""
        self.home = home
        self.layout = layout

    def read(self) -> xapian.Database:
        """Return the generation that is searched, as of its last commit.

        A thread keeps what it has opened: to look for a newer commit takes a tenth of
        what opening does.

        Raises:
            xapian.Error: There is none, it is broken, or its layout is another.
        """
        generation = self._target(CURRENT)
        if generation is None:
            msg = "there is no index"
            raise xapian.DatabaseNotFoundError(msg)
        wanted = (self.home / generation, self.layout)
        if _near.opened != wanted:
            database = xapian.Database(str(self.home / generation))
            self._check(database)
            _near.opened, _near.database = wanted, database
        else:
            _near.database.reopen()
        return _near.database

    def open_to_write(self) -> list[xapian.WritableDatabase]:
        """Open what changes go to: the current and the next generation, as they are."""
        return [self._writable(name) for name in (CURRENT, NEXT) if self._has(name)]

    def open_next(self) -> xapian.WritableDatabase:
        """Open the generation that a rebuild has made."""
        return self._writable(NEXT)

    def open_part(
        self, place: Path, first: int
    ) -> tuple[xapian.WritableDatabase, xapian.WritableDatabase]:
        """Make a part of the products from an id on: its documents and columns."""
        names = (f"documents-{first:020}", f"columns-{first:020}")
        documents, columns = (
            xapian.WritableDatabase(str(place / name), PART) for name in names
        )
        return documents, columns

    def begin(self) -> Path:
        """Make a place for parts, instead of what a killed rebuild has left."""
        self.abandon()
        made = self.home / f"parts-{secrets.token_hex(4)}"
        made.mkdir()
        self._link(FILLING, made.name)
        return made

    def notes(self) -> "Notes | None":
        """Return where to note changes; None when no parts are filled."""
        if not self._has(FILLING):
            return None
        return Notes(self.home / FILLING / CHANGED)

    def merge(self, place: Path) -> Path:
        """Make a generation of parts, which have no product in common.

        A part is two directories: documents, and columns beside them, because each
        part has numbered its combinations for itself.
        """
        made = self.home / f"generation-{secrets.token_hex(4)}"
        with ExitStack() as stack:
            parts = [
                stack.enter_context(closing(xapian.Database(str(each))))
                for each in sorted(place.glob("documents-*"))
            ]
            whole = stack.enter_context(closing(xapian.Database()))
            for each in parts:
                whole.add_database(each)
            if parts:
                whole.compact(str(made), xapian.DBCOMPACT_NO_RENUMBER)
            flags = xapian.DB_CREATE_OR_OPEN
            database = xapian.WritableDatabase(str(made), flags)
            stack.enter_context(closing(database))
            columns = ColumnWriter(database)
            for path in sorted(place.glob("columns-*")):
                columns.add(stack.enter_context(closing(xapian.Database(str(path)))))
            columns.flush()
            database.set_metadata(FORMAT_KEY, self.layout)
            database.commit()
        return made

    def adopt(self, made: Path) -> list[int]:
        """Let changes go to a merged generation; return ids of those it has missed."""
        notes = Notes(self.home / FILLING / CHANGED)
        self._link(NEXT, made.name)
        missed = notes.read()
        (self.home / FILLING).unlink()
        return missed

    def abandon(self) -> None:
        """Drop all but the generation that is searched; changes go to it alone."""
        (self.home / NEXT).unlink(missing_ok=True)
        (self.home / FILLING).unlink(missing_ok=True)
        self._drop_parts()
        current = self._target(CURRENT)
        for generation in self.home.glob("generation-*"):
            if generation.name != current:
                shutil.rmtree(generation, ignore_errors=True)

    def switch(self) -> None:
        """Let the next generation be searched from now on."""
        following = self._target(NEXT)
        if following is None:
            msg = "there is no next generation"
            raise FileNotFoundError(msg)
        self._link(CURRENT, following)
        (self.home / NEXT).unlink()
        self._drop_parts()

    def _writable(self, name: str) -> xapian.WritableDatabase:
        database = xapian.WritableDatabase(
            str(self.home / name), xapian.DB_OPEN | xapian.DB_RETRY_LOCK
        )
        self._check(database)
        return database

    def _check(self, database: xapian.Database) -> None:
        """Refuse an index that other code has written in another way."""
        if database.get_metadata(FORMAT_KEY).decode() != self.layout:
            msg = "the index has another layout: rebuild it"
            raise xapian.DatabaseVersionError(msg)

    def _has(self, name: str) -> bool:
        return (self.home / name).exists()

    def _target(self, name: str) -> str | None:
        """Return the directory that a link names, or None without the link."""
        try:
            return os.readlink(f"{self.home}/{name}")  # noqa: PTH115 - in each search
        except OSError:
            return None

    def _link(self, name: str, target: str) -> None:
        """Let a link name another directory, by one rename."""
        fresh = self.home / f"{name}.{secrets.token_hex(4)}"
        fresh.symlink_to(target)
        fresh.replace(self.home / name)

    def _drop_parts(self) -> None:
        for parts in self.home.glob("parts-*"):
            shutil.rmtree(parts, ignore_errors=True)


class Notes:
    """Which products have changed while parts are filled; written like an index."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pks: set[int] = set()

    def put_all(self, documents: Iterable[tuple[int, object]]) -> None:
        """Note products that are written."""
        self._pks.update(pk for pk, _ in documents)

    def remove(self, pk: int) -> None:
        """Note a product that is taken out."""
        self._pks.add(pk)

    def commit(self) -> None:
        """Write the notes down."""
        with self._path.open("a") as file:
            file.writelines(f"{pk}\n" for pk in self._pks)

    def read(self) -> list[int]:
        """Return ids of all that has been noted, in order."""
        if not self._path.exists():
            return []
        return sorted({int(line) for line in self._path.read_text().split()})
