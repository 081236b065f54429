"""Measure the static tag and ``static_serve`` beside what they replace.

    script/bench static [--json FILE]

Each figure is the best of many rounds, and the rounds of all take turns, so that a busy
machine hurts them alike; read the ratios. The controls are built here: the tag this
system began with (a ``stat`` and a ``strftime``), Django's own tag on its own manifest
storage, and WhiteNoise.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import Context, Engine, Node
from django.test import RequestFactory, override_settings

ROUNDS = 40
RENDERS = 200  # in one round
TAGS = 20  # in a page, about as many as one of the admin has
REQUESTS = 200
NAME = "app/lone.js"
SCRIPT = "globalThis.add = function (first, second) { return first + second; };\n" * 40
FINDER = "django.contrib.staticfiles.finders.FileSystemFinder"
STOCK = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
OURS = "cachebuster.storage.CacheBusterStorage"
DJANGO_TAGS = "django.templatetags.static"
OUR_TAGS = "cachebuster.templatetags.cachebuster"
TAG = "{% static 'app/lone.js' %}"
LOOKS = ("stat", "lstat", "fstat", "open", "scandir", "listdir")  # at the disk

Work = Callable[[], object]
View = Callable[[HttpRequest], HttpResponseBase]


class OriginalTag(Node):
    """The tag of old: the time of the file, asked for in every render."""

    def render(self, context: Context) -> str:
        """Write the URL with its stamp."""
        path = os.path.join(settings.STATIC_ROOT, NAME)  # noqa: PTH118 - as it was
        changed = time.localtime(os.stat(path).st_mtime)  # noqa: PTH116 - as it was
        stamp = time.strftime("%S%M%H%d%m%y", changed)
        return f"{settings.STATIC_URL}{NAME}?{stamp}"


def main() -> None:
    """Print one table, and write the numbers where ``--json`` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings.test"
    django.setup()
    with tempfile.TemporaryDirectory() as home:
        measured = _measure(Path(home))
    _print(measured)
    if options.json:
        rows = [{"name": name, "value": value} for name, value in measured.items()]
        options.json.write_text(json.dumps(rows, indent=1))


def _measure(home: Path) -> dict[str, float]:
    """Return what was measured -> microseconds, or calls."""
    source = home / "sources" / NAME
    source.parent.mkdir(parents=True)
    source.write_text(SCRIPT)
    rendered: dict[str, float] = {}
    with _site(home, STOCK):
        stock = _page(DJANGO_TAGS, TAG)
        rendered |= _best({"Django's tag, Django's storage": stock}, RENDERS)
    with _site(home, OURS):
        ours = _page(OUR_TAGS, TAG)
        rendered |= _best(
            {
                "an empty template": _page(OUR_TAGS, ""),
                "the tag of old": _original_page(),
                "our tag": ours,
                "our tag, a variable": _page(OUR_TAGS, "{% static name %}"),
                "Django's tag, our storage": _page(DJANGO_TAGS, TAG),
                "our sri": _page(OUR_TAGS, "{% sri 'app/lone.js' %}"),
            },
            RENDERS,
        )
        looks = {"looks at the disk in a render": _count_looks(ours)}
        return rendered | looks | _best(_servers(), REQUESTS)


@contextmanager
def _site(home: Path, backend: str) -> Iterator[None]:
    """Collect the one file by a storage, and use it."""
    storages = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
    with override_settings(
        STATICFILES_DIRS=[home / "sources"],
        STATICFILES_FINDERS=[FINDER],
        STATIC_ROOT=str(home / backend),
        STORAGES=storages,
        PIPELINE=settings.PIPELINE | {"JAVASCRIPT": {}, "STYLESHEETS": {}},
    ):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield


def _page(library: str, source: str) -> Work:
    engine = Engine(libraries={"static": library}, autoescape=True)
    template = engine.from_string("{% load static %}" + source * TAGS)
    return lambda: template.render(Context({"name": NAME}))


def _original_page() -> Work:
    template = Engine().from_string("")
    template.nodelist.extend(OriginalTag() for _ in range(TAGS))
    return lambda: template.render(Context({"name": NAME}))


def _best(works: Mapping[str, Work], times: int) -> dict[str, float]:
    """Return name -> microseconds of the processor for one call."""
    best = dict.fromkeys(works, float("inf"))
    for work in works.values():
        work()  # what is done once is not measured
    for _ in range(ROUNDS):
        for name, work in works.items():
            begin = time.process_time()
            for _ in range(times):
                work()
            taken = (time.process_time() - begin) / times * 1e6
            best[name] = min(best[name], taken)
    return best


def _count_looks(work: Work) -> int:
    work()
    with ExitStack() as stack:
        looks = [
            stack.enter_context(mock.patch.object(os, look, wraps=getattr(os, look)))
            for look in LOOKS
        ]
        work()
    return sum(look.call_count for look in looks)


def _servers() -> dict[str, Work]:
    """Return ways to answer for the hashed file: plain, compressed, not modified."""
    from django.contrib.staticfiles.storage import staticfiles_storage  # noqa: PLC0415
    from whitenoise.middleware import WhiteNoiseMiddleware  # noqa: PLC0415

    from cachebuster.middleware import StaticFilesMiddleware  # noqa: PLC0415

    def nobody(_request: HttpRequest) -> HttpResponse:
        raise AssertionError

    url = staticfiles_storage.url(NAME)
    views = {
        "static_serve": StaticFilesMiddleware(nobody),
        "WhiteNoise": WhiteNoiseMiddleware(nobody),
    }
    works: dict[str, Work] = {}
    for name, view in views.items():
        etag = _answer(view, RequestFactory().get(url))["ETag"]
        for kind, headers in {
            "plain": {},
            "Brotli": {"Accept-Encoding": "br"},
            "304": {"If-None-Match": etag},
        }.items():
            request = RequestFactory().get(url, headers=headers)
            works[f"{name}, {kind}"] = _serving(view, request)
    return works


def _serving(view: View, request: HttpRequest) -> Work:
    return lambda: _answer(view, request)


def _answer(view: View, request: HttpRequest) -> HttpResponseBase:
    """Answer a request, and read the answer as a server does."""
    response = view(request)
    b"".join(response)
    response.close()
    return response


def _print(measured: Mapping[str, float]) -> None:
    print(f"pages have {TAGS} tags; times are microseconds")
    for name, value in measured.items():
        print(f"{name:<44}{value:>9.1f}")
    print(f"\n{'':<44}{'measured':>9}   reach")
    ours = measured["our tag"]
    ratios = [
        ("our tag ÷ the tag of old", ours / measured["the tag of old"], "1/2"),
        (
            "our tag ÷ Django's tag and storage",
            ours / measured["Django's tag, Django's storage"],
            "1/4",
        ),
        ("looks at the disk", measured["looks at the disk in a render"], "0"),
    ]
    for kind in ("plain", "Brotli", "304"):
        ratio = measured[f"static_serve, {kind}"] / measured[f"WhiteNoise, {kind}"]
        ratios.append((f"static_serve ÷ WhiteNoise, {kind}", ratio, "1.2"))
    for name, value, reach in ratios:
        print(f"{name:<44}{value:>9.2f}   {reach}")


if __name__ == "__main__":
    main()
