from io import BytesIO
from typing import Any, cast
from unittest import mock

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import TestCase
from PIL import Image

from catalogue.errors import InvalidImageError
from catalogue.images import (
    ContentStorage,
    Rendition,
    image_name,
    render,
    rendition_name,
    validate_image,
)
from catalogue.models import ProductImage
from catalogue.services import store_image
from tests.catalogue.factories import ProductFactory, picture


class StoreImageTests(TestCase):
    """Files are named by their content."""

    def test_same_content_is_one_file(self) -> None:
        first, again = store_image(picture()), store_image(picture())
        other = store_image(picture(color="blue"))
        self.assertEqual(first.name, again.name)
        self.assertNotEqual(first.name, other.name)
        self.assertRegex(first.name, r"^products/([0-9a-f]{2})/\1[0-9a-f]{38}\.png$")
        self.assertEqual((first.width, first.height), (2, 3))
        with ContentStorage().open(first.name) as file:
            self.assertEqual(file.read(), picture())

    def test_ending_tells_the_content(self) -> None:
        for kind, ending in (("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")):
            name = image_name(ContentFile(picture(kind=kind), name="x.exe"))
            self.assertEqual(name.rpartition(".")[2], ending)

    def test_refused(self) -> None:
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
        for content in (b"", b"no picture", svg, picture(kind="BMP"), picture()[:30]):
            with self.subTest(content[:10]), self.assertRaises(InvalidImageError):
                store_image(content)

    def test_what_cannot_be_drawn(self) -> None:
        noise = Image.effect_noise((300, 300), 50)
        whole = BytesIO()
        noise.save(whole, "JPEG")
        early = whole.getvalue()[: len(whole.getvalue()) // 2]
        tags = Image.Exif()
        tags[0x0112] = 6
        turned = BytesIO()
        noise.convert("RGB").save(turned, "WEBP", exif=tags.tobytes())
        odd = turned.getvalue().replace(b"MM\0*", b"MM\0x")
        for content in (early, odd):
            with self.assertRaises(InvalidImageError):
                store_image(content)
            with self.assertRaises(ValidationError) as caught:
                validate_image(ContentFile(content))
            self.assertEqual(caught.exception.code, "invalid-image")

    def test_too_many_pixels(self) -> None:
        buffer = BytesIO()
        Image.new("1", (10_000, 5_001)).save(buffer, "PNG")
        with self.assertRaises(InvalidImageError):
            store_image(buffer.getvalue())

    def test_too_long_an_edge(self) -> None:
        """Few pixels, but no other format could hold them in a line."""
        for size in ((16_384, 1), (1, 16_384)):
            with self.assertRaisesMessage(InvalidImageError, "along an edge"):
                store_image(picture(size=size))
        self.assertEqual(store_image(picture(size=(16_383, 1))).width, 16_383)

    def test_too_many_bytes(self) -> None:
        with self.assertRaises(InvalidImageError):
            store_image(b"\0" * (20 * 1024 * 1024 + 1))
        content = picture()
        with mock.patch("catalogue.images.MAX_BYTES", len(content)):
            validate_image(ContentFile(content))
            with self.assertRaises(ValidationError) as caught:
                validate_image(ContentFile(content + b"\0"))  # still a picture
        self.assertEqual(caught.exception.code, "too-large")

    def test_uploaded_by_a_form(self) -> None:
        image = ProductImage.objects.create(
            product=ProductFactory(), file=ContentFile(picture(), name="../x.png")
        )
        self.assertEqual(image.file.name, store_image(picture()).name)
        self.assertEqual((image.width, image.height), (2, 3))

    def test_form_refuses_what_is_no_picture(self) -> None:
        with self.assertRaises(ValidationError):
            validate_image(ContentFile(b"no picture"))
        validate_image(ContentFile(picture()))


class RenderTests(TestCase):
    """Smaller sizes are WebP and keep their proportions."""

    def size(self, content: bytes, rendition: Rendition) -> tuple[int, int]:
        with Image.open(render(ContentFile(content), rendition)) as made:
            self.assertEqual(made.format, "WEBP")
            return made.size

    def test_longest_edge(self) -> None:
        content = picture(size=(600, 1500))
        self.assertEqual(self.size(content, Rendition.SMALL), (64, 160))
        self.assertEqual(self.size(content, Rendition.MEDIUM), (192, 480))
        self.assertEqual(self.size(content, Rendition.LARGE), (480, 1200))

    def test_small_picture_is_not_enlarged(self) -> None:
        self.assertEqual(self.size(picture(), Rendition.LARGE), (2, 3))

    def test_turned_as_the_camera_says(self) -> None:
        buffer = BytesIO()
        exif = Image.Exif()
        exif[0x0112] = 6  # orientation: turn right
        Image.new("RGB", (20, 10)).save(buffer, "JPEG", exif=exif)
        self.assertEqual(self.size(buffer.getvalue(), Rendition.SMALL), (10, 20))
        for mode in ("P", "RGBA", "1"):
            buffer = BytesIO()
            Image.new(mode, (400, 200)).save(buffer, "PNG", exif=exif)
            self.assertEqual(self.size(buffer.getvalue(), Rendition.SMALL), (80, 160))

    def color(self, picture: Image.Image, **options: object) -> tuple[int, ...]:
        buffer = BytesIO()
        picture.save(buffer, "JPEG" if picture.mode == "CMYK" else "PNG", **options)
        small = render(ContentFile(buffer.getvalue()), Rendition.SMALL)
        with Image.open(small) as made:
            return cast("tuple[int, ...]", made.getpixel((20, 20)))

    def test_colors_of_every_mode(self) -> None:
        size = (400, 400)
        for mode, color, shown in (
            ("L", 100, (100, 100, 100)),
            ("LA", (100, 50), (100, 100, 100, 50)),
            ("RGBA", (100, 100, 100, 50), (100, 100, 100, 50)),
            ("CMYK", (0, 0, 0, 155), (100, 100, 100)),
            ("I;16", 100 * 256, (100, 100, 100)),  # not cut off to white
            ("1", 1, (255, 255, 255)),
        ):
            found = self.color(Image.new(mode, size, color))
            with self.subTest(mode, found=found):
                self.assertEqual(len(found), len(shown))
                for is_, should in zip(found, shown, strict=True):
                    self.assertAlmostEqual(is_, should, delta=3)
        for mode, color in (("L", 0), ("P", 0), ("RGB", (0, 0, 0))):
            found = self.color(Image.new(mode, size, color), transparency=color)
            self.assertEqual(found[3], 0, mode)
        found = self.color(Image.new("I;16", size, 100 * 256), transparency=65_535)
        self.assertAlmostEqual(found[0], 100, delta=3)

    def test_no_copy_of_the_whole_is_made(self) -> None:
        """The largest picture has 200 MB, and several may come at once."""
        buffer = BytesIO()
        Image.new("RGB", (2000, 2000)).save(buffer, "PNG")
        whole = (2000, 2000)
        made = Image.Image._new
        sizes = []

        def note(picture: Image.Image, core: Any) -> Image.Image:  # noqa: ANN401
            sizes.append(core.size)
            return made(picture, core)

        with mock.patch.object(Image.Image, "_new", note):
            render(ContentFile(buffer.getvalue()), Rendition.SMALL)
        self.assertNotIn(whole, sizes)

    def test_palette_and_transparency(self) -> None:
        buffer = BytesIO()
        Image.new("P", (4, 4)).save(buffer, "GIF", transparency=0)
        self.assertEqual(self.size(buffer.getvalue(), Rendition.SMALL), (4, 4))

    def test_name(self) -> None:
        self.assertEqual(
            rendition_name("products/ab/abcd.png", Rendition.SMALL),
            "renditions/ab/abcd.png.small.webp",
        )
