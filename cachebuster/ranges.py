"""Parts of a file (RFC 9110, section 14): one range of bytes a request."""

import re
from typing import BinaryIO

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class UnsatisfiableRangeError(ValueError):
    """No byte of the file is in the range."""


def read_range(header: str, size: int) -> range | None:
    """Return the positions that are wanted, or None to send the whole file.

    Several ranges, other units and nonsense are not refused: a server may always
    send everything.

    Raises:
        UnsatisfiableRangeError: The file has nothing there.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        wanted = range(max(size - int(last), 0), size)
    elif last and int(last) < int(first):
        return None
    else:
        wanted = range(int(first), min(int(last) + 1, size) if last else size)
    if not wanted:
        raise UnsatisfiableRangeError(header)
    return wanted


class Section:
    """The part of an open file that a range names; closing it closes the file."""

    def __init__(self, file: BinaryIO, wanted: range) -> None:
        file.seek(wanted.start)
        self._file = file
        self._left = len(wanted)

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, b"" at the end of the part."""
        wanted = self._left if size < 0 else min(size, self._left)
        chunk = self._file.read(wanted)
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._file.close()
