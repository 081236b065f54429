"""What tells one content of a file from another, and the stamps of old."""

import base64
import hashlib
import re
import time
from collections.abc import Iterable
from pathlib import Path

# In an URL: the time of old, or the beginning of a SHA-256.
STAMP = re.compile(r"[0-9]{12}|[0-9a-f]{8,64}", re.ASCII)
SETTLED = 2_000_000_000  # nanoseconds; see ``DigestMemory``


def content_hash(chunks: Iterable[bytes], length: int) -> str:
    """Return the first ``length`` hex characters of the SHA-256."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()[:length]


def integrity(content: bytes, algorithm: str) -> str:
    """Return what an ``integrity`` attribute says of a content."""
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"


def time_stamp(path: str | Path) -> str:
    """Return the stamp of old: second, minute, hour, day, month, year, in local time.

    Raises:
        OSError: There is no such file.
    """
    return time.strftime("%S%M%H%d%m%y", time.localtime(Path(path).stat().st_mtime))


class DigestMemory:
    """Hashes of files that may change at any moment.

    A hash is kept with the file's times, size and inode, but not while the file is
    younger than two seconds: clocks of file systems are coarse, and a second edit of
    the same length could leave all of these as they were.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], tuple[tuple[int, ...], str]] = {}

    def read(self, path: str, length: int) -> str:
        """Return the hash of the content that the file has now.

        Raises:
            OSError: It is gone, or cannot be read.
        """
        found = Path(path).stat()
        now = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
        then, digest = self._kept.get((path, length), ((), ""))
        if now == then:
            return digest
        digest = content_hash([Path(path).read_bytes()], length)
        if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > SETTLED:
            self._kept[path, length] = (now, digest)
        return digest
