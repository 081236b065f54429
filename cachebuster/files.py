"""Files that are written whole or not at all, and uploads named by their content."""

import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

from cachebuster.stamps import content_hash

READABLE = 0o644
UPLOAD_HASH_LENGTH = 40  # hex characters of SHA-256: 160 bits


def replace_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that nobody ever sees half of; its folder is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as part:
        for chunk in chunks:
            part.write(chunk)
    part_path = Path(part.name)
    part_path.chmod(READABLE)
    part_path.replace(path)


class AtomicFilesMixin(FileSystemStorage):
    """Replaces a file in one step: a reader sees the old content or the new one."""

    def _save(self, name: str, content: File[Any]) -> str:
        replace_file(Path(self.path(name)), content.chunks())
        return name


@deconstructible(path="cachebuster.files.HashedMediaStorage")
class HashedMediaStorage(AtomicFilesMixin):
    """Uploads whose names carry their content: the same content is the same file."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return a name that leaves room for the hash; taken ones are no matter."""
        path = PurePosixPath(name)
        spare = len(name) + UPLOAD_HASH_LENGTH + 1 - (max_length or sys.maxsize)
        stem = path.stem[: max(len(path.stem) - max(spare, 0), 1)]
        return str(path.with_name(f"{stem}{path.suffix}"))

    def _save(self, name: str, content: File[Any]) -> str:
        """Put the hash before the ending; a file that is there stays."""
        name = hashed_name(name, content)
        return name if self.exists(name) else super()._save(name, content)


def hashed_name(name: str, content: File[Any]) -> str:
    """Return ``folder/stem.<hash>.ending``; rewinds the content."""
    content.seek(0)
    digest = content_hash(content.chunks(), UPLOAD_HASH_LENGTH)
    content.seek(0)
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}.{digest}{path.suffix}"))
