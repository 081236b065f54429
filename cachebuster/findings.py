"""What is wrong with static files, as ``manage.py cachebuster check`` tells it."""

import filecmp
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template import TemplateSyntaxError
from django.template.base import Node, Template
from django.template.engine import Engine
from django.template.utils import get_app_template_dirs

from cachebuster.bundles import bundles
from cachebuster.storage import CacheBusterStorage, StampedStorage
from cachebuster.templatetags.cachebuster import CacheBusterTag, MediaTag

TEMPLATE_ENDINGS = (".html", ".txt", ".xml", ".js", ".css", ".svg")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong with a file, a template or a bundle."""

    name: str
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"


def find_faults(storage: StampedStorage) -> list[Finding]:
    """Look at sources and templates, and at what is collected if anything should be."""
    faults = [*_bundle_faults(), *_reference_faults()]
    if isinstance(storage, CacheBusterStorage):
        faults += [*_collected_faults(storage), *_stale_faults(storage)]
    return sorted(set(faults))


def _bundle_faults() -> Iterator[Finding]:
    for bundle in bundles():
        for wanted in bundle.wanted:
            if "*" not in wanted and not finders.find(wanted):
                yield Finding(bundle.output, f"its source {wanted} does not exist")


def _reference_faults() -> Iterator[Finding]:
    """Compare the names written in tags with the files that there are."""
    outputs = {bundle.output for bundle in bundles()}
    engine = Engine.get_default()
    for path in _template_files(engine):
        try:
            template = Template(path.read_text(), engine=engine)
        except (TemplateSyntaxError, UnicodeDecodeError):
            continue  # it wants tags of an app that is not installed: no page of ours
        for tag in _tags(template):
            name = tag.constant
            if name and name not in outputs and not finders.find(name):
                yield Finding(str(path), f"the static file {name!r} does not exist")


def _tags(template: Template) -> list[CacheBusterTag]:
    found: list[Node] = template.nodelist.get_nodes_by_type(CacheBusterTag)
    return [
        tag
        for tag in found
        if isinstance(tag, CacheBusterTag) and not isinstance(tag, MediaTag)
    ]


def _template_files(engine: Engine) -> Iterator[Path]:
    """Return the templates of the project's folders and of its apps."""
    for folder in (*engine.dirs, *get_app_template_dirs("templates")):
        for path in sorted(Path(str(folder)).rglob("*")):
            if path.suffix in TEMPLATE_ENDINGS and path.is_file():
                yield path


def _collected_faults(storage: CacheBusterStorage) -> Iterator[Finding]:
    """Compare the manifest with the disk: missing, damaged and unhashed files."""
    if not storage.hashed_files:
        yield Finding(storage.manifest_name, "it is missing: run collectstatic")
    for name, hashed in storage.hashed_files.items():
        if not storage.digest_in(hashed):
            yield Finding(name, f"it is published as {hashed}, without a hash")
        elif not Path(storage.path(hashed)).is_file():
            yield Finding(name, f"{hashed} is missing: run collectstatic")
        elif not storage.is_intact(hashed):
            yield Finding(name, f"{hashed} has another content than its hash says")


def _stale_faults(storage: CacheBusterStorage) -> Iterator[Finding]:
    """Compare what was collected with the sources as they are now."""
    outputs = {bundle.output: bundle for bundle in bundles()}
    for output, bundle in outputs.items():
        if storage.bundle_sources.get(output) != bundle.source_digests():
            yield Finding(output, "its sources have changed: run collectstatic")
    for name, source in _sources():
        if name in outputs:
            continue
        if name not in storage.hashed_files:
            yield Finding(name, "it is not collected: run collectstatic")
        elif not _are_equal(Path(storage.path(name)), source):
            yield Finding(name, "its source has changed: run collectstatic")


def _are_equal(copy: Path, source: Path) -> bool:
    return copy.is_file() and filecmp.cmp(copy, source, shallow=False)


def _sources() -> Iterator[tuple[str, Path]]:
    """Return what ``collectstatic`` would take: public name and place of each file."""
    seen: set[str] = set()
    for finder in finders.get_finders():
        for name, place in finder.list(["CVS", ".*", "*~"]):
            prefix = getattr(place, "prefix", None)
            public = f"{prefix}/{name}" if prefix else name
            if public not in seen:  # the first finder wins
                seen.add(public)
                yield public, Path(place.path(name))
