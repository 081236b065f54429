"""A static file as it goes over the wire: content, hash, type, encodings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Self, cast

from cachebuster.stamps import time_stamp

# A table of our own: what Python knows depends on its version and on the machine.
CONTENT_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".eot": "application/vnd.ms-fontobject",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".otf": "font/otf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
UNKNOWN_TYPE: Final = "application/octet-stream"
ENDINGS: Final = {"br": ".br", "gzip": ".gz"}  # the smaller one first


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes to send.

    Attributes:
        open: Returns them as a file, at the first byte.
        size: Their number.
        etag: Strong tag, quotes included: two encodings never share one.
        encoding: "br", "gzip" or "".
    """

    open: Callable[[], BinaryIO]
    size: int
    etag: str
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file that can be served.

    Attributes:
        digest: Beginning of the content's SHA-256 in hex.
        is_named_by_content: Whether the name it was asked by carries the digest.
        path: The file whose time a stamp of old tells; None for a bundle that is put
            together.
        encodings: "br" and "gzip", as far as they are on the disk.
        may_change: Whether the file is one that people are working on.
    """

    digest: str
    is_named_by_content: bool
    content_type: str
    path: Path | None
    plain: Body
    encodings: Mapping[str, Body]
    may_change: bool = False

    @classmethod
    def collected(cls, path: Path, hashed: Path, digest: str) -> Self:
        """Describe a file of a release, and the compressed ones beside it.

        Args:
            path: Of the name that was asked for.
            hashed: Of the bytes to send; the same if the hashed name was asked for.
            digest: What ``hashed`` is named by.

        Raises:
            FileNotFoundError: They are not there.
        """
        encodings = {
            encoding: _body(compressed, f"{digest}-{ending[1:]}", encoding)
            for encoding, ending in ENDINGS.items()
            if (compressed := hashed.with_name(hashed.name + ending)).is_file()
        }
        return cls(
            digest=digest,
            is_named_by_content=path == hashed,
            content_type=content_type(path.name),
            path=path,
            plain=_body(hashed, digest),
            encodings=encodings,
        )

    @classmethod
    def source(cls, path: Path, digest: str) -> Self:
        """Describe a file where it is written.

        Raises:
            FileNotFoundError: It is not there.
        """
        return cls(
            digest=digest,
            is_named_by_content=False,
            content_type=content_type(path.name),
            path=path,
            plain=_body(path, digest),
            encodings={},
            may_change=True,
        )

    @classmethod
    def in_memory(cls, name: str, content: bytes, digest: str) -> Self:
        """Describe a file that is put together from sources."""
        return cls(
            digest=digest,
            is_named_by_content=False,
            content_type=content_type(name),
            path=None,
            plain=Body(partial(BytesIO, content), len(content), f'"{digest}"'),
            encodings={},
            may_change=True,
        )

    def is_stamped(self, stamp: str) -> bool:
        """Tell whether a stamp is the content's, or that of the file's time."""
        if stamp == self.digest:
            return True
        try:
            return self.path is not None and stamp == time_stamp(self.path)
        except OSError:
            return False


def content_type(name: str) -> str:
    """Return the media type of a name's ending."""
    return CONTENT_TYPES.get(PurePosixPath(name).suffix.lower(), UNKNOWN_TYPE)


def _body(path: Path, tag: str, encoding: str = "") -> Body:
    # Path.open() takes half as long again as open().
    opener = cast("Callable[[], BinaryIO]", partial(open, str(path), "rb"))
    return Body(opener, path.stat().st_size, f'"{tag}"', encoding)
