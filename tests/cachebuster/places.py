"""A small site of its own for each test: sources, bundles, and where they go."""

import os
import tempfile
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.signals import setting_changed
from django.template import Context, Template
from django.test import SimpleTestCase

COLLECTED = "cachebuster.storage.CacheBusterStorage"
FRESH = "cachebuster.storage.FreshStorage"
LONG_AGO = 1_700_000_000  # seconds since 1970
SOURCES = {
    "app/first.js": "const first = { name: `first ${1 + 1}` };\n",
    "app/second.js": "globalThis.second = first.name.length;\n",
    "app/style.css": 'body { background: url("img/dot.svg"); }\n',
    "app/more.css": "main { width: calc(100% - 2rem); }\n",
    "app/img/dot.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>\n' + "<!-- -->" * 50,
    "app/lone.js": "globalThis.lone = 'alone';\n" * 20,
    "app/photo.png": "not really a picture",
}
PIPELINE = {
    "JAVASCRIPT": {
        "app": {
            "source_filenames": ("app/first.js", "app/second.js"),
            "output_filename": "js/app.js",
        },
    },
    "STYLESHEETS": {
        "app": {
            "source_filenames": ("app/style.css", "app/more.css"),
            "output_filename": "css/app.css",
        },
    },
}


class SiteTestCase(SimpleTestCase):
    """Tests on a few files; ``backend`` says how they are published."""

    backend = COLLECTED
    options: dict[str, object] = {}

    def setUp(self) -> None:
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.sources = self.home / "sources"
        for name, text in SOURCES.items():
            self.write(name, text)
        self.enterContext(
            self.settings(
                STATICFILES_DIRS=[self.sources],
                STATICFILES_FINDERS=[
                    "django.contrib.staticfiles.finders.FileSystemFinder"
                ],
                STATIC_ROOT=str(self.home / "root"),
                STORAGES=settings.STORAGES | {"staticfiles": {"BACKEND": self.backend}},
                CACHEBUSTER=self.options,
                PIPELINE=settings.PIPELINE | PIPELINE,
            )
        )
        if self.backend == COLLECTED:
            self.collect()

    def write(self, name: str, text: str, *, at: float = LONG_AGO) -> Path:
        """Write a source, last changed at a moment of the past."""
        path = self.sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (at, at))
        return path

    def collect(self) -> None:
        """Publish the sources, changed or not, as a deploy does."""
        call_command(
            "collectstatic", interactive=False, stdout=StringIO(), stderr=StringIO()
        )
        self.restart()

    @staticmethod
    def digest(name: str) -> str:
        """Return the hash in a name, or ""."""
        parts = name.split(".")
        return next((part for part in parts if len(part) == 20), "")

    @staticmethod
    def restart() -> None:
        """Forget what the process knows, as a new one would."""
        for name in ("STORAGES", "STATICFILES_DIRS"):
            value = getattr(settings, name)
            setting_changed.send(None, setting=name, value=value, enter=True)

    @staticmethod
    def render(source: str, **context: object) -> str:
        """Return what a template with our tags makes."""
        return Template("{% load cachebuster %}" + source).render(Context(context))

    def url(self, name: str) -> str:
        """Return the URL that a page shows for a static file."""
        return self.render("{% static name %}", name=name)
