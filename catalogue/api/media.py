"""Pictures over HTTP: as uploaded, and smaller, made at the first request."""

from typing import Any, Final

from django.core.files.base import File
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import re_path
from django.views.decorators.http import require_safe

from catalogue.images import (
    EXTENSIONS,
    ContentStorage,
    Rendition,
    UnreadableImageError,
    render,
    rendition_name,
)

CONTENT_TYPES: Final = {
    ending: f"image/{name.lower()}" for name, ending in EXTENSIONS.items()
}
HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
storage = ContentStorage()


@require_safe
def serve_image(
    _request: HttpRequest, name: str, ending: str, size: str | None = None
) -> HttpResponseBase:
    """Answer with a picture; a name is made of its content, so it never changes.

    Only names that ``catalogue.images`` makes get here: no path leads elsewhere.
    """
    path = f"products/{name[:2]}/{name}.{ending}"
    if size is not None:
        path, ending = _rendition(path, Rendition(size)), "webp"
    response = FileResponse(_open(path), content_type=CONTENT_TYPES[ending])
    etag = f"{name}.{size}" if size else name
    response.headers["ETag"] = f'"{etag}"'
    for header, value in HEADERS.items():
        response.headers[header] = value
    return response


def _rendition(original: str, size: Rendition) -> str:
    """Return the name of a rendition, which is on disk from now on.

    Two first requests at once both make it; whichever is written last is the same.
    """
    name = rendition_name(original, size)
    if not storage.exists(name):
        with _open(original) as picture:
            try:
                made = render(picture, size)
            except UnreadableImageError as error:
                raise Http404 from error
        storage.save(name, made)
    return name


def _open(name: str) -> File[Any]:
    """Open a file of the storage."""
    try:
        return storage.open(name)
    except FileNotFoundError as error:
        raise Http404 from error


# The directory is the name's first two characters, so each file has one address.
_NAME = r"([0-9a-f]{2})/(?=\1)(?P<name>[0-9a-f]{40})\.(?P<ending>jpg|png|webp|gif)"
urlpatterns = [
    re_path(rf"^products/{_NAME}$", serve_image, name="image"),
    re_path(
        rf"^renditions/{_NAME}\.(?P<size>small|medium|large)\.webp$",
        serve_image,
        name="image-rendition",
    ),
]
