import tempfile
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.test import TestCase
from PIL import Image

from catalogue.services import store_image
from tests.catalogue.factories import picture


class MediaTests(TestCase):
    """GET /media/…"""

    def setUp(self) -> None:
        # A picture's name is its content: other tests may have the same one.
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(self.settings(MEDIA_ROOT=folder))
        self.image = store_image(picture(size=(300, 200)))
        self.url = f"/media/{self.image.name}"
        self.small = self.url.replace("products", "renditions") + ".small.webp"

    def body(self, url: str) -> bytes:
        response = self.client.get(url)
        self.assertEqual(response.status_code, 200)
        return response.getvalue()

    def test_original(self) -> None:
        self.assertEqual(self.body(self.url), picture(size=(300, 200)))

    def test_headers(self) -> None:
        response = self.client.get(self.url)
        response.getvalue()
        self.assertEqual(response["Content-Type"], "image/png")
        self.assertEqual(
            response["Cache-Control"], "public, max-age=31536000, immutable"
        )
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")
        self.assertEqual(
            response["Content-Security-Policy"], "default-src 'none'; sandbox"
        )

    def test_rendition_is_made_once(self) -> None:
        made = self.body(self.small)
        with Image.open(BytesIO(made)) as opened:
            self.assertEqual((opened.format, opened.size), ("WEBP", (160, 107)))
        Path(settings.MEDIA_ROOT, self.image.name).unlink()
        self.assertEqual(self.body(self.small), made)

    def test_not_modified(self) -> None:
        response = self.client.get(self.small)
        response.getvalue()
        again = self.client.get(self.small, headers={"If-None-Match": response["ETag"]})
        self.assertEqual(again.status_code, 304)

    def test_original_and_renditions_have_tags_of_their_own(self) -> None:
        tags = set()
        for url in (self.url, self.small, self.small.replace("small", "large")):
            response = self.client.get(url)
            response.getvalue()
            tags.add(response["ETag"])
        self.assertEqual(len(tags), 3)

    def test_only_reading(self) -> None:
        self.assertEqual(self.client.post(self.url).status_code, 405)
        self.assertEqual(self.client.head(self.url).status_code, 200)

    def test_nothing_else_is_served(self) -> None:
        secret = Path(settings.MEDIA_ROOT, "products", "secret.png")
        secret.parent.mkdir(exist_ok=True, parents=True)
        secret.write_bytes(picture())
        digest = self.image.name.rpartition("/")[2]
        for path in (
            "products/secret.png",
            "products/../products/secret.png",
            "products/%2e%2e/secret.png",
            "../manage.py",
            f"products/zz/{digest}",
            f"products/00/{digest}",
            f"products/{'0' * 2}/{'0' * 40}.png",
            f"renditions/00/{'0' * 40}.png.small.webp",
            self.small.removeprefix("/media/").replace("small", "huge"),
            self.small.removeprefix("/media/").replace("small", "1"),
            "",
        ):
            with self.subTest(path):
                self.assertEqual(self.client.get(f"/media/{path}").status_code, 404)

    def test_broken_file(self) -> None:
        path = Path(settings.MEDIA_ROOT, self.image.name)
        path.write_bytes(picture(size=(300, 200))[:60])
        large = self.small.replace("small", "large")
        self.assertEqual(self.client.get(large).status_code, 404)
        path.unlink()
