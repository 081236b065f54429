"""Compressed copies beside files, made once, so that no request waits for them."""

import gzip
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import brotli

from cachebuster.assets import ENDINGS
from cachebuster.files import replace_file

# Source maps are left out: large, and for people with open tools alone.
COMPRESSED_TYPES: Final = frozenset(
    [
        *(".css", ".html", ".js", ".json", ".md", ".mjs", ".svg", ".txt", ".xml"),
        *(".eot", ".ico", ".otf", ".ttf", ".wasm"),
    ]
)
WORTH: Final = 0.95  # of the plain size; a larger copy is not kept


def write_encodings(paths: Iterable[Path]) -> None:
    """Compress files whose names carry their content; copies that exist are right."""
    wanted = [path for path in paths if path.suffix.lower() in COMPRESSED_TYPES]
    with ThreadPoolExecutor() as threads:
        list(threads.map(_write, wanted))


def _write(path: Path) -> None:
    targets = {
        encoding: path.with_name(path.name + ending)
        for encoding, ending in ENDINGS.items()
    }
    missing = [name for name, target in targets.items() if not target.exists()]
    if not missing:
        return
    content = path.read_bytes()
    for encoding in missing:
        packed = _compress(content, encoding)
        if len(packed) <= len(content) * WORTH:
            replace_file(targets[encoding], [packed])


def _compress(content: bytes, encoding: str) -> bytes:
    """Return the same bytes for the same content, at any time."""
    if encoding == "br":
        return bytes(brotli.compress(content))
    return gzip.compress(content, mtime=0)
