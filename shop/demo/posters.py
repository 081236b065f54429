"""Posters drawn from a film's own words, so that no page of the shop is blank.

The same film always gives the same bytes: a second load stores nothing new.
"""

import hashlib
import textwrap
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from custom.text import without_marks

WIDTH, HEIGHT = 400, 600  # pixels
MARGIN = 28
_TITLE_SIZES = (52, 44, 36, 30)  # tried from the largest; the last one always serves
_TITLE_HEIGHT = 300
_PALETTES = (
    ("#0b132b", "#1c2541", "#5bc0be", "#f2f4f3"),
    ("#2d0605", "#7a1610", "#f4a259", "#fff4e6"),
    ("#132a13", "#31572c", "#ecf39e", "#f7f9e8"),
    ("#231942", "#5e548e", "#e0b1cb", "#f8eef4"),
    ("#03071e", "#370617", "#faa307", "#fff8e7"),
    ("#012a4a", "#01497c", "#a9d6e5", "#f0f8fb"),
    ("#212529", "#495057", "#e9c46a", "#f8f9fa"),
    ("#3d1308", "#7b2d26", "#d7c9aa", "#f0f3f5"),
)  # background, shapes, accent, text


def draw_poster(title: str, credit: str, year: str) -> bytes:
    """Draw a poster; returns a JPEG of 400 by 600 pixels.

    Args:
        title: The film's title, wrapped and shrunk until it fits.
        credit: One line below the title, such as the director; may be empty.
        year: Shown at the foot; may be empty.
    """
    seed = hashlib.sha256(f"{title}\n{credit}\n{year}".encode()).digest()
    background, shapes, accent, text = _PALETTES[seed[0] % len(_PALETTES)]
    image = Image.new("RGB", (WIDTH, HEIGHT), background)
    draw = ImageDraw.Draw(image)
    _draw_shapes(draw, seed, shapes)
    draw.rectangle((MARGIN, 92, MARGIN + 64, 98), fill=accent)
    font, lines = _fit(draw, without_marks(title))
    draw.multiline_text((MARGIN, 116), lines, font=font, fill=text, spacing=8)
    small = _font(20)
    draw.text((MARGIN, HEIGHT - 84), without_marks(credit), font=small, fill=accent)
    draw.text((MARGIN, HEIGHT - 56), year, font=small, fill=text)
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def _draw_shapes(draw: ImageDraw.ImageDraw, seed: bytes, colour: str) -> None:
    """Place four discs or bars where the seed says."""
    for index in range(4):
        x, y, size, kind = seed[1 + 4 * index : 5 + 4 * index]
        left, top, side = x * WIDTH // 256, y * HEIGHT // 256, 60 + size // 2
        if kind % 2:
            draw.ellipse((left, top, left + side, top + side), fill=colour)
        else:
            draw.rectangle((left, top, left + side * 2, top + side // 3), fill=colour)


def _fit(
    draw: ImageDraw.ImageDraw, title: str
) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, str]:
    """Return the largest font, and the title wrapped for it, that fits."""
    room = WIDTH - 2 * MARGIN
    for size in _TITLE_SIZES:
        font = _font(size)
        lines = textwrap.fill(title, width=max(8, int(room / (size * 0.55))))
        box = draw.multiline_textbbox((0, 0), lines, font=font, spacing=8)
        if box[2] <= room and box[3] <= _TITLE_HEIGHT:
            break
    return font, lines


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font, so that no font need be installed."""
    return ImageFont.load_default(size)
