"""Where static files live: collected under hashed names, or fresh from their sources.

``CacheBusterStorage`` is for production and whatever behaves like it,
``FreshStorage`` for development and tests. Every URL of a static file comes from one
of them: the tags, ``form.media``, pipeline and Django's own ``static()`` all ask it.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from posixpath import normpath
from typing import Any, Final, cast
from urllib.parse import unquote, urldefrag, urlsplit

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import (
    ManifestStaticFilesStorage,
    StaticFilesStorage,
    staticfiles_storage,
)
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile, File
from django.utils.html import escape
from django.utils.safestring import mark_safe
from pipeline.storage import PipelineMixin

from cachebuster.assets import Asset
from cachebuster.bundles import bundles, find_bundle
from cachebuster.encodings import write_encodings
from cachebuster.files import AtomicFilesMixin
from cachebuster.options import Options
from cachebuster.stamps import DigestMemory, content_hash, integrity, time_stamp

CHECKED_TYPES: Final = (".css", ".js", ".mjs")  # what browsers check ``integrity`` of


class StampedStorage(StaticFilesStorage):
    """What both storages have in common.

    Attributes:
        urls: Name -> URL, as far as it is known and cannot change.
    """

    def __init__(self, *args: object, **options: object) -> None:
        self.urls: dict[str, str] = {}
        super().__init__(*args, **options)  # type: ignore[arg-type]

    def find_asset(self, name: str) -> Asset | None:
        """Return the file that is served under a name, or None."""
        raise NotImplementedError

    def forget_asset(self, name: str) -> None:
        """Take note that a file that was found is gone."""

    def integrity_of(self, name: str) -> str:
        """Return the ``integrity`` of a file, by name or URL; "" without one."""
        raise NotImplementedError

    def _url_with(self, name: str, stamp: str) -> str:
        """Return the URL of the plain name with a query of its own."""
        path, fragment = urldefrag(name)
        url = StaticFilesStorage.url(self, urlsplit(path).path)
        return f"{url}?{stamp}" + (f"#{fragment}" if fragment else "")


def is_canonical(name: str) -> bool:
    """Tell whether a name is the only one of its file, and stays below the root."""
    is_plain = not set(name) & {"\0", "\\"} and normpath(name) == name
    return is_plain and name[0] != "/" and name.split("/", 1)[0] not in (".", "..")


class CacheBusterStorage(
    AtomicFilesMixin, PipelineMixin, ManifestStaticFilesStorage, StampedStorage
):
    """Collected files and bundles: ``x.js`` is there as ``x.<hash>.js`` too.

    The hash is that of the bytes served, references to other files rewritten. Beside
    Django's own entries the manifest keeps what ``integrity`` attributes need, and
    which sources each bundle was made of. Pages are rendered without a look at the
    disk.
    """

    def __init__(self, *args: object, **options: object) -> None:
        self.integrity: Mapping[str, str] = {}  # hashed name -> "sha384-…"
        self.bundle_sources: Mapping[str, Mapping[str, str]] = {}  # output -> digests
        self._assets: dict[str, Asset] = {}
        self._is_publishing = False
        super().__init__(*args, **options)  # type: ignore[arg-type]

    # --- Pages

    def url(self, name: str | None, force: bool = True) -> str:  # noqa: FBT001, FBT002
        """Return the URL of a file as it was collected.

        Raises:
            ValueError: It was not, and ``STRICT`` is on.
        """
        name = name or ""
        known = self.urls.get(name)
        if known is not None:
            return known
        if Options.read().stamp == "mtime":
            return self._timed_url(name)
        url: str = super().url(name, force=force)
        if name in self.hashed_files:
            self.urls[name] = mark_safe(url) if escape(url) == url else url  # noqa: S308
        return url

    def stored_name(self, name: str) -> str:
        """Return the hashed name, or the plain one of an unknown file if allowed."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            if Options.read().strict:
                raise
            return name

    def integrity_of(self, name: str) -> str:
        """Return the ``integrity`` of a script or style sheet, by name or URL."""
        path = urlsplit(unquote(name.removeprefix(self.base_url))).path
        if Options.read().stamp == "mtime":
            return ""
        return self.integrity.get(self.hashed_files.get(path, path), "")

    def _timed_url(self, name: str) -> str:
        try:
            return self._url_with(name, time_stamp(self.path(urlsplit(name).path)))
        except OSError as error:
            if Options.read().strict:
                msg = f"There is no static file {name!r}."
                raise ValueError(msg) from error
            return StaticFilesStorage.url(self, name)

    # --- Serving

    def find_asset(self, name: str) -> Asset | None:
        """Return a file by its plain or hashed name.

        A hashed name of another release is known as long as its file is kept.
        """
        known = self._assets.get(name)
        if known is not None:
            return known
        if not is_canonical(name):
            return None
        hashed = self.hashed_files.get(name, name)
        digest = self.digest_in(hashed)
        is_ours = name in self.hashed_files or hashed in self._published
        if not digest or not (is_ours or self.is_intact(hashed)):
            return None
        try:
            asked, sent = Path(self.path(name)), Path(self.path(hashed))
            found = Asset.collected(asked, sent, digest)
        except FileNotFoundError:
            return None
        self._assets[name] = found
        return found

    def forget_asset(self, name: str) -> None:
        """Look for a file again when it is asked for the next time."""
        self._assets.pop(name, None)

    def is_intact(self, hashed: str) -> bool:
        """Tell whether a file is there and has the hash that its name says."""
        digest = self.digest_in(hashed)
        try:
            content = Path(self.path(hashed)).read_bytes()
        except (OSError, ValueError, SuspiciousFileOperation):
            return False
        return content_hash([content], len(digest)) == digest

    def digest_in(self, name: str) -> str:
        """Return the hash that a name carries, or ""."""
        length = Options.read().hash_length
        match = re.search(rf"\.([0-9a-f]{{{length}}})(\.[^./]+)?$", name, re.ASCII)
        return match[1] if match else ""

    # --- Collecting

    def file_hash(self, name: str, content: File[Any] | None = None) -> str | None:
        """Return the beginning of the content's SHA-256."""
        if content is None:
            return None
        return content_hash(content.chunks(), Options.read().hash_length)

    def post_process(
        self, *args: Any, **options: Any
    ) -> Iterator[tuple[str, str, bool] | tuple[str, None, RuntimeError]]:
        """Make bundles, then hashed copies of everything, then the manifest."""
        self._is_publishing = True
        try:
            yield from super().post_process(*args, **options)
        finally:
            self._is_publishing = False

    def get_modified_time(self, name: str) -> datetime:
        """Refuse to tell: ``collectstatic`` would take a file for unchanged by it.

        Raises:
            NotImplementedError: Always; then every file is copied.
        """
        raise NotImplementedError

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name itself: what is there is replaced in one step."""
        return name

    def delete(self, name: str) -> None:
        """Delete a file, but no hashed one while it is about to be written again."""
        if not (self._is_publishing and self.digest_in(name)):
            super().delete(name)

    def url_converter(
        self,
        name: str,
        hashed_files: dict[str, Any],
        template: str | None = None,
        *args: Any,
    ) -> Callable[[re.Match[str]], str]:
        """Rewrite a reference; that to a source map nobody ships is left out.

        Any other file that is referred to must exist.
        """
        convert = super().url_converter(name, hashed_files, template, *args)

        def rewrite(match: re.Match[str]) -> str:
            try:
                return str(convert(match))
            except ValueError:
                if "sourceMappingURL" in match[0]:
                    return ""
                raise

        return rewrite

    def load_manifest(self) -> Any:
        """Read what ``save_manifest`` wrote: paths and their hash, empty at first."""
        # django-stubs has another type for it than it has.
        read = cast("tuple[dict[str, str], str]", super().load_manifest())
        stored = json.loads(self.read_manifest() or "{}")
        self.integrity = stored.get("integrity", {})
        self.bundle_sources = stored.get("bundles", {})
        self._published = frozenset(read[0].values())
        return read

    def save_manifest(self) -> None:
        """Compress what was published, and tell of it in one step.

        The same files make the same manifest, byte for byte.
        """
        published = sorted(set(self.hashed_files.values()))
        write_encodings(Path(self.path(name)) for name in published)
        algorithm = Options.read().sri
        listed = json.dumps(sorted(self.hashed_files.items())).encode()
        manifest = {
            "hash": self.file_hash("", ContentFile(listed)),
            "version": self.manifest_version,
            "paths": self.hashed_files,
            "integrity": {
                name: integrity(Path(self.path(name)).read_bytes(), algorithm)
                for name in published
                if name.endswith(CHECKED_TYPES)
            },
            "bundles": {bundle.output: bundle.source_digests() for bundle in bundles()},
        }
        text = json.dumps(manifest, indent=1, sort_keys=True)
        self._save(self.manifest_name, ContentFile(text.encode()))
        self.hashed_files, self.manifest_hash = self.load_manifest()
        self.urls.clear()
        self._assets.clear()


class FreshStorage(StampedStorage):
    """Files where they are written: no page ever shows an old one.

    Bundles are put together when they are asked for, and not compressed. Nothing has
    an ``integrity``: an edit between a page and its scripts would block them.
    """

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._memory = DigestMemory()

    def url(self, name: str | None) -> str:
        """Return the plain URL, with the hash of the present content behind it."""
        name = name or ""
        asset = self.find_asset(unquote(urlsplit(name).path))
        if asset is None:
            return super().url(name)
        if Options.read().stamp == "mtime" and asset.path is not None:
            return self._url_with(name, time_stamp(asset.path))
        return self._url_with(name, asset.digest)

    def integrity_of(self, name: str) -> str:
        """Return ""."""
        return ""

    def find_asset(self, name: str) -> Asset | None:
        """Return a file of an app or of ``STATICFILES_DIRS``, or a bundle, as it is."""
        if not is_canonical(name):
            return None
        length = Options.read().hash_length
        try:
            path = finders.find(name)
            if path is not None:
                digest = self._memory.read(path, length)
                return Asset.source(Path(path), digest)
            bundle = find_bundle(name)
        except (OSError, ValueError, SuspiciousFileOperation):
            return None
        if bundle is None:
            return None
        content = bundle.put_together()
        return Asset.in_memory(name, content, content_hash([content], length))


# The one of ``STORAGES["staticfiles"]``, which cachebuster.checks wants to be ours.
static_files = cast(StampedStorage, staticfiles_storage)
