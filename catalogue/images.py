"""Pictures on disk: names from their content, and smaller WebP renditions."""

import hashlib
import struct
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import models
from django.utils.deconstruct import deconstructible

from cachebuster.files import AtomicFilesMixin

if TYPE_CHECKING:
    from PIL.Image import Image

# Formats taken, and the ending their files get whatever they were called.
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}
MAX_PIXELS = 50_000_000  # width times height; more is refused before it is decoded
MAX_EDGE = 16_383  # pixels; what WebP can hold
MAX_BYTES = 20 * 1024 * 1024
WEBP_QUALITY = 80  # of 100
# What Pillow raises at files that are broken, beside errors of its own.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, OverflowError, struct.error)
SMOOTH = ("L", "LA", "RGB", "RGBA", "CMYK")  # modes in which colours can be mixed
DIGEST_LENGTH = 40  # hex characters of SHA-256: 160 bits


class Rendition(StrEnum):
    """The sizes a picture is served in, beside its own."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def edge(self) -> int:
        """Return the longest edge in pixels; smaller pictures are not enlarged."""
        return {"small": 160, "medium": 480, "large": 1200}[self.value]


RENDITION_ENDINGS = {size.value: f".{size}.webp" for size in Rendition}


class UnreadableImageError(ValueError):
    """The bytes are no picture of a format taken, or too large a one."""


@deconstructible(path="catalogue.images.ContentStorage")
class ContentStorage(AtomicFilesMixin):
    """Files named by their content: the same name is the same file."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name itself: a file that has it has the same content."""
        return name

    def _save(self, name: str, content: File[Any]) -> str:
        """Write a file unless it is there."""
        return name if self.exists(name) else super()._save(name, content)


def read_format(content: File[Any]) -> str:
    """Return the format of a picture, one of ``EXTENSIONS``; rewinds the file.

    One that was closed is closed again: a form that is sent with a stored picture has
    measured it, and closed it after that.

    Raises:
        UnreadableImageError: It cannot be read, or is larger than is taken.
    """
    from PIL import Image  # noqa: PLC0415 - few processes ever see a picture

    was_closed = content.closed
    content.open()  # or rewind
    try:
        with Image.open(content, formats=list(EXTENSIONS)) as picture:
            found, (width, height) = picture.format, picture.size
            picture.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        msg = "The file is not a JPEG, PNG, WebP or GIF picture."
        raise UnreadableImageError(msg) from error
    finally:
        if was_closed:
            content.close()
        else:
            content.seek(0)
    if max(width, height) > MAX_EDGE:
        msg = f"The picture has more than {MAX_EDGE:,} pixels along an edge."
        raise UnreadableImageError(msg)
    if width * height > MAX_PIXELS:
        msg = f"The picture has more than {MAX_PIXELS:,} pixels."
        raise UnreadableImageError(msg)
    return str(found)


def image_name(content: File[Any]) -> str:
    """Return the name of a picture: from its bytes, whatever it was called.

    Raises:
        UnreadableImageError: See ``read_format``.
    """
    content.seek(0)
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    name = digest.hexdigest()[:DIGEST_LENGTH]
    return f"products/{name[:2]}/{name}.{EXTENSIONS[read_format(content)]}"


def validate_image(content: File[Any]) -> None:
    """Refuse, in a form, what ``read_format`` refuses."""
    if content.size > MAX_BYTES:
        msg = f"The file has more than {MAX_BYTES:,} bytes."
        raise ValidationError(msg, code="too-large")
    is_stored = getattr(content, "_committed", False)  # and was drawn when it came
    try:
        read_format(content)
        if not is_stored:
            render(content, Rendition.SMALL)
    except UnreadableImageError as error:
        raise ValidationError(str(error), code="invalid-image") from error


def upload_name(instance: models.Model, _filename: str) -> str:
    """Name what a form has put into ``instance.file`` by its content."""
    return image_name(instance.file)  # type: ignore[attr-defined]


def rendition_name(name: str, rendition: Rendition) -> str:
    """Return the name of a picture's rendition from the picture's own."""
    return rendition_names(name)[rendition.value]


def rendition_names(name: str, below: str = "") -> dict[str, str]:
    """Return size -> name of a picture's renditions, from the picture's own.

    Args:
        name: Of the picture.
        below: What each begins with, as the address of all pictures.
    """
    folder, file = name.split("/")[-2:]
    return {
        size: f"{below}renditions/{folder}/{file}{ending}"
        for size, ending in RENDITION_ENDINGS.items()
    }


def render(content: File[Any], rendition: Rendition) -> ContentFile[bytes]:
    """Return a WebP no larger than the rendition's edge, turned as its EXIF says.

    Rewinds the file.

    Raises:
        UnreadableImageError: The picture ends early, or is broken inside.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - as above

    try:
        with Image.open(content, formats=list(EXTENSIONS)) as picture:
            picture.draft("RGB", (rendition.edge, rendition.edge))
            picture.load()
            mode = "RGBA" if picture.has_transparency_data else "RGB"
            small = _smoothed(picture, mode)
            small.thumbnail((rendition.edge, rendition.edge), Image.Resampling.LANCZOS)
            small = ImageOps.exif_transpose(small).convert(mode)
    except BROKEN as error:
        msg = "The picture is broken: it cannot be drawn."
        raise UnreadableImageError(msg) from error
    finally:
        content.seek(0)
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=WEBP_QUALITY, method=4)
    return ContentFile(buffer.getvalue())


def _smoothed(picture: "Image", mode: str) -> "Image":
    """Return a picture whose colours can be mixed: the very same, if they can be.

    It is made small before all else: the largest that is taken has 200 MB, and so has
    each copy of it.
    """
    if picture.mode == "I;16":  # its 65,536 greys would be cut off at 255
        picture.info.pop("transparency", None)  # one of those greys
        return picture.point(lambda grey: grey / 256).convert("L")
    is_keyed = mode == "RGBA" and picture.mode not in ("RGBA", "LA")
    return picture.convert(mode) if is_keyed or picture.mode not in SMOOTH else picture
