"""Where Xapian's index lies: one directory a generation, links that name two of them.

``current`` is searched; ``next`` is there while a rebuild runs, and takes every change
too. A link is put in another's place by one rename, so a search sees the old index or
the new one and nothing between. The former generation stays until the next rebuild:
searches that began before the switch still read it.
"""

import os
import secrets
import shutil
import threading
from pathlib import Path
from typing import Any

import xapian

CURRENT = "current"
NEXT = "next"
FORMAT_KEY = "format"


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
        """Open the generation that a rebuild fills."""
        return self._writable(NEXT)

    def begin(self) -> None:
        """Make an empty next generation, in place of what a killed rebuild left."""
        self._drop_all_but(self._target(CURRENT))
        made = self.home / f"generation-{secrets.token_hex(4)}"
        database = xapian.WritableDatabase(str(made), xapian.DB_CREATE_OR_OPEN)
        database.set_metadata(FORMAT_KEY, self.layout)
        database.close()
        self._link(NEXT, made.name)

    def switch(self) -> None:
        """Let the next generation be searched from now on."""
        following = self._target(NEXT)
        if following is None:
            msg = "there is no next generation"
            raise FileNotFoundError(msg)
        self._link(CURRENT, following)
        (self.home / NEXT).unlink()

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

    def _drop_all_but(self, kept: str | None) -> None:
        (self.home / NEXT).unlink(missing_ok=True)
        for generation in self.home.glob("generation-*"):
            if generation.name != kept:
                shutil.rmtree(generation, ignore_errors=True)
