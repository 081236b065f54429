"""Pipeline's bundles: what they are made of, and themselves as they are now."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from pipeline.compressors import CSS_REWRITE_PATH_RE, JS_REWRITE_PATH_RE, Compressor
from pipeline.conf import settings as pipeline
from pipeline.packager import Package


@dataclass(frozen=True, slots=True)
class Bundle:
    """A group of pipeline's.

    Attributes:
        kind: "js" or "css".
        wanted: Names of its sources, in order; patterns are allowed.
    """

    kind: str
    group: str
    output: str
    wanted: tuple[str, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources that exist."""
        return tuple(Package({"source_filenames": self.wanted}).sources)

    def source_digests(self) -> Mapping[str, str]:
        """Return source -> SHA-256 of its content as the finders have it now."""
        return {name: hashlib.sha256(_read(name)).hexdigest() for name in self.sources}

    def put_together(self) -> bytes:
        """Return the bundle as it would be before it is compressed."""
        is_script = self.kind == "js"
        return (
            _SourceCompressor()
            .concatenate(
                self.sources,
                file_sep=";" if is_script else "",
                output_filename=self.output,
                rewrite_path_re=JS_REWRITE_PATH_RE
                if is_script
                else CSS_REWRITE_PATH_RE,
            )
            .encode()
        )


def bundles() -> Iterator[Bundle]:
    """Return every group of ``PIPELINE``, scripts first."""
    for kind, groups in (("js", pipeline.JAVASCRIPT), ("css", pipeline.STYLESHEETS)):
        for group, config in groups.items():
            yield Bundle(
                kind,
                group,
                config["output_filename"],
                tuple(config["source_filenames"]),
            )


def find_bundle(output: str) -> Bundle | None:
    """Return the bundle that is published under a name, or None."""
    return next((bundle for bundle in bundles() if bundle.output == output), None)


class _SourceCompressor(Compressor):
    """Reads sources where they are written, not where they are collected."""

    def read_bytes(self, path: str) -> bytes:
        return _read(path)


def _read(name: str) -> bytes:
    found = finders.find(name)
    if found is None:
        raise FileNotFoundError(name)
    return Path(found).read_bytes()
