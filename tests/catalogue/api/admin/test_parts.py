import hashlib
from typing import Any
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.test.client import MULTIPART_CONTENT, encode_multipart
from PIL import Image
from rest_framework.response import Response

from catalogue.images import MAX_BYTES
from catalogue.models import ProductImage, Variant
from catalogue.services import NewVariant, add_image, create_product
from tests.catalogue.api.admin.editors import LIST, EditorTestCase, make_editor
from tests.catalogue.factories import picture

BOUNDARY = MULTIPART_CONTENT.partition("boundary=")[2]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class VariantTests(EditorTestCase):
    """…/variant/"""

    def setUp(self) -> None:
        super().setUp()
        self.list = f"{self.detail}variant/"
        self.one = f"{self.list}{self.vhs.pk}/"

    def by_sku(self, sku: str) -> str:
        return f"{self.list}by-sku/{sku}/"

    def tape(self, **changes: object) -> dict[str, Any]:
        return self.shown()["variants"][1] | changes

    def test_read(self) -> None:
        answer = self.client.get(self.list)
        self.assertEqual(answer.json(), {"results": self.shown()["variants"]})
        answer = self.client.get(self.one)
        self.assertEqual(answer.json(), self.tape())
        state = answer["ETag"].partition(".")[0]
        self.assertEqual(state, self.tag()["If-Match"].partition(".")[0])

    def test_added(self) -> None:
        headers = {"Idempotency-Key": "k", "X-Request-ID": "r"}
        body = {"sku": "M-BD", "attributes": {"discs": 1}, "reason": "New."}
        answer = self.client.post(self.list, body, headers=headers)
        self.assertEqual(answer.status_code, 201, answer.content)
        made = Variant.objects.get(sku="M-BD")
        wanted = self.tape(
            id=made.pk,
            sku="M-BD",
            title="",
            attributes={"discs": 1},
            position=2,
            is_public=True,
        )
        self.assertEqual(answer.json(), wanted)
        self.assertEqual(answer["Location"], f"http://testserver{self.list}{made.pk}/")
        again = self.client.post(self.list, body, headers=headers)
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(self.product.variants.count(), 3)
        self.assertEqual(self.last_step(made), ("New.", "api", self.editor.pk, "r"))

    def test_changed(self) -> None:
        change = {"sku": "M-V", "weight_grams": 5, "is_public": True, "position": 0}
        answer = self.client.patch(self.one, change, headers=self.tag())
        self.assertEqual(answer.json(), self.tape(**change))
        nothing = {"weight_grams": None, "attributes": {}}
        answer = self.client.patch(
            self.one, nothing, headers={"If-Match": answer["ETag"]}
        )
        self.assertEqual(answer.json(), self.tape(**change | nothing))
        found = self.client.get("/api/product/metropolis/").json()["variants"]
        self.assertEqual({each["sku"] for each in found}, {"M-V", "M-DVD"})

    def test_upserted(self) -> None:
        body = {"title": "4K", "reason": "Nightly."}
        made = self.client.put(self.by_sku("M/4K"), body)
        self.assertEqual(made.status_code, 201, made.content)
        self.assertEqual(made.json()["sku"], "M/4K")
        again = self.client.put(self.by_sku("M/4K"), body)
        self.assertEqual((again.status_code, again["ETag"]), (200, made["ETag"]))
        changed = self.client.put(self.by_sku("M/4K"), {"barcode": "7"})
        self.assertEqual(changed.json(), made.json() | {"barcode": "7"})

    def test_conditions(self) -> None:
        for answer in (
            self.client.patch(self.one, {"title": "x"}),
            self.client.delete(self.one),
        ):
            self.assert_problem(answer, 428, "precondition-required")
        stale = {"If-Match": '"9.x"'}
        for answer in (
            self.client.patch(self.one, {"title": "x"}, headers=stale),
            self.client.delete(self.one, headers=stale),
            self.client.post(self.list, {"sku": "A"}, headers=stale),
            self.client.put(self.by_sku("M-VHS"), {"title": "x"}, headers=stale),
            self.client.put(self.by_sku("A"), {}, headers={"If-Match": "*"}),
            self.client.put(self.by_sku("M-VHS"), {}, headers={"If-None-Match": "*"}),
        ):
            self.assert_problem(answer, 412, "precondition-failed")
        self.assert_unchanged()

    def test_refused(self) -> None:
        create_product(
            product_type=self.film, title="Other", variants=[NewVariant(sku="O")]
        )
        tag = self.tag()
        for answer, code in (
            (self.client.post(self.list, {"sku": "O"}), "sku-taken"),
            (self.client.put(self.by_sku("O"), {}), "sku-taken"),
            (self.client.patch(self.one, {"sku": "O"}, headers=tag), "sku-taken"),
            (
                self.client.delete(f"{self.list}{self.dvd.pk}/", headers=tag),
                "still-offered",
            ),
        ):
            self.assert_problem(answer, 409, code)
        bad = {"attributes": {"director": "x"}}  # of products
        for answer in (
            self.client.post(self.list, {"sku": "A", **bad}),
            self.client.put(self.by_sku("M-VHS"), bad),
            self.client.patch(self.one, bad, headers=tag),
        ):
            self.assert_problem(answer, 422, "invalid-attributes")
        self.assertEqual(
            self.faults(self.client.post(self.list, {"title": 1, "barcod": 2})),
            {("#/sku", "required"), ("#/barcod", "unknown-field")},
        )
        self.assert_unchanged()

    def test_deleted_but_for_the_last(self) -> None:
        answer = self.client.delete(self.one, headers=self.tag())
        self.assertEqual(answer.status_code, 204)
        left = self.client.get(self.list).json()["results"]
        self.assertEqual([each["sku"] for each in left], ["M-DVD"])
        last = f"{self.list}{self.dvd.pk}/"
        answer = self.client.delete(last, headers=self.tag())
        self.assert_problem(answer, 422, "variant-required")

    def test_who_may_not(self) -> None:
        other = create_product(
            product_type=self.film, title="Other", variants=[NewVariant(sku="O")]
        )
        foreign = f"{self.list}{other.variants.get().pk}/"
        for answer in (
            self.client.get(foreign),
            self.client.patch(foreign, {"title": "x"}, headers={"If-Match": "*"}),
            self.client.delete(foreign, headers={"If-Match": "*"}),
            self.client.get(f"{LIST}{other.pk + 1}/variant/"),
            self.client.post(f"{LIST}{other.pk + 1}/variant/", {"sku": "A"}),
            self.client.put(f"{LIST}{other.pk + 1}/variant/by-sku/A/", {}),
            self.client.put(self.by_sku("x" * 65), {}),
        ):
            self.assert_problem(answer, 404, "not-found")
        for user, status, code in (
            (make_editor("Read-only auditor"), 403, "permission-denied"),
            (None, 401, "not-authenticated"),
        ):
            self.client.force_authenticate(user)
            for answer in (
                self.client.post(self.list, {"sku": "A"}),
                self.client.put(self.by_sku("A"), {}),
                self.client.patch(self.one, {}),
                self.client.delete(self.one),
            ):
                self.assert_problem(answer, status, code)


class ImageTests(EditorTestCase):
    """…/image/"""

    def setUp(self) -> None:
        super().setUp()
        self.list = f"{self.detail}image/"

    def upload(
        self, content: bytes, *, headers: Any = None, name: str = "a.png", **parts: Any
    ) -> Response:
        form = {"file": SimpleUploadedFile(name, content), **parts}
        body = encode_multipart(BOUNDARY, form)
        return self.client.post(
            self.list, body, content_type=MULTIPART_CONTENT, headers=headers
        )

    def row(self, image: ProductImage, **changes: object) -> dict[str, Any]:
        content = picture()
        name = hashlib.sha256(content).hexdigest()[:40]
        folder = f"http://testserver/media/%s/{name[:2]}/{name}.png"
        return {
            "id": image.pk,
            "alt": "Metropolis",
            "width": 2,
            "height": 3,
            "url": folder % "products",
            "renditions": {
                size: f"{folder % 'renditions'}.{size}.webp"
                for size in ("small", "medium", "large")
            },
            "position": 0,
            "variant": None,
        } | changes

    def test_uploaded(self) -> None:
        answer = self.upload(
            picture(),
            name="../../x.php",
            alt="A robot",
            position="4",
            variant=str(self.dvd.pk),
            reason="New.",
            headers={"X-Request-ID": "r"},
        )
        self.assertEqual(answer.status_code, 201, answer.content)
        image = self.product.images.get()
        wanted = self.row(image, alt="A robot", position=4, variant=self.dvd.pk)
        self.assertEqual(answer.json(), wanted)
        self.assertEqual(answer["Location"], f"http://testserver{self.list}{image.pk}/")
        self.assertEqual(self.client.get(answer["Location"]).json(), wanted)
        self.assertEqual(self.client.get(self.list).json(), {"results": [wanted]})
        self.assertEqual(self.last_step(image), ("New.", "api", self.editor.pk, "r"))
        self.assertEqual(self.client.get(self.detail).json()["images"], [wanted])

    def test_a_keyed_upload_is_one(self) -> None:
        headers = {"Idempotency-Key": "k"}
        first = self.upload(picture(), headers=headers)
        again = self.upload(picture(), headers=headers)
        self.assertEqual(again.json(), first.json())
        self.assertEqual(again["Idempotent-Replayed"], "true")
        other = self.upload(picture(color="blue"), headers=headers)
        self.assert_problem(other, 422, "idempotency-key-reused")
        self.assertEqual(self.product.images.count(), 1)

    def test_what_is_no_picture(self) -> None:
        bomb = picture(kind="GIF")
        bomb = bomb[:6] + b"\xff\xff\xff\xff" + bomb[10:]  # 65,535 pixels each way
        for content in (b"no picture", SVG, picture(kind="BMP"), bomb, picture()[:30]):
            with self.subTest(content[:10]):
                answer = self.upload(content)
                self.assert_problem(answer, 422, "invalid-image")
                self.assertEqual(answer.json()["errors"][0]["pointer"], "#/file")
        with mock.patch.object(Image, "open", side_effect=AssertionError):
            answer = self.upload(b"\0" * (MAX_BYTES + 1))  # is not even looked at
        self.assert_problem(answer, 422, "invalid-image")
        self.assert_unchanged()

    def test_bad_forms(self) -> None:
        foreign = create_product(
            product_type=self.film, title="Other", variants=[NewVariant(sku="O")]
        )
        for parts, fault in (
            ({"variant": foreign.variants.get().pk}, ("#/variant", "does-not-exist")),
            ({"variant": "x"}, ("#/variant", "incorrect-type")),
            ({"position": "-1"}, ("#/position", "min-value")),
            ({"alt": "x" * 256}, ("#/alt", "max-length")),
            ({"alt": "a\x00b"}, ("#/alt", "invalid-character")),
            ({"alt": ["a", "b"]}, ("#", "malformed-body")),
            ({"title": "x"}, ("#/title", "unknown-field")),
        ):
            with self.subTest(parts=parts):
                self.assertEqual(self.faults(self.upload(picture(), **parts)), {fault})
        self.assertEqual(self.faults(self.upload(b"")), {("#/file", "empty")})
        body = encode_multipart(BOUNDARY, {"file": "text"})
        answer = self.client.post(self.list, body, content_type=MULTIPART_CONTENT)
        self.assertEqual(self.faults(answer), {("#/file", "invalid")})
        for body in (b"", b"--x", b"\xff"):
            answer = self.client.post(
                self.list, body, content_type="multipart/form-data; boundary="
            )
            self.assertEqual(answer.status_code, 400, answer.content)
        answer = self.client.post(self.list, {"file": "x"})
        self.assert_problem(answer, 415, "unsupported-media-type")
        self.assert_unchanged()

    @override_settings(API_UPLOAD_LIMIT=2000, API_BODY_LIMIT=100)
    def test_the_longest_body(self) -> None:
        self.assertEqual(self.upload(picture()).status_code, 201)
        large = self.upload(picture() + b"\0" * 2000)
        self.assert_problem(large, 413, "body-too-large")
        elsewhere = self.client.post(LIST, {"title": "x" * 100})
        self.assert_problem(elsewhere, 413, "body-too-large")

    def test_changed(self) -> None:
        image = add_image(self.product, picture())
        one = f"{self.list}{image.pk}/"
        self.assert_problem(self.client.patch(one, {}), 428, "precondition-required")
        change = {"alt": "", "position": 3, "variant": self.vhs.pk}
        tag = self.tag()
        answer = self.client.patch(one, change, headers=tag)
        self.assertEqual(answer.json(), self.row(image, **change))
        stale = self.client.patch(one, {"alt": "x"}, headers=tag)
        self.assert_problem(stale, 412, "precondition-failed")
        answer = self.client.patch(one, {"variant": None}, headers=self.tag())
        self.assertIsNone(answer.json()["variant"])
        answer = self.client.patch(one, {"variant": 10**15}, headers=self.tag())
        self.assertEqual(self.faults(answer), {("#/variant", "does-not-exist")})

    def test_the_first_is_shown_in_lists(self) -> None:
        first = add_image(self.product, picture())
        second = add_image(self.product, picture(color="blue"))
        path = f"{self.list}{first.pk}/"
        self.client.patch(path, {"position": 9}, headers=self.tag())
        with self.captureOnCommitCallbacks(execute=True):
            row = self.client.get("/api/product/").json()["results"][0]
        self.assertEqual(row["image"]["id"], second.pk)

    def test_deleted(self) -> None:
        image = add_image(self.product, picture())
        one = f"{self.list}{image.pk}/"
        self.assert_problem(self.client.delete(one), 428, "precondition-required")
        answer = self.client.delete(one, headers=self.tag())
        self.assertEqual(answer.status_code, 204)
        self.assert_problem(self.client.get(one), 404, "not-found")
        self.assertTrue(image.file.storage.exists(image.file.name))

    def test_who_may_not(self) -> None:
        image = add_image(self.product, picture())
        one = f"{self.list}{image.pk}/"
        for user, status, code in (
            (make_editor("Read-only auditor"), 403, "permission-denied"),
            (None, 401, "not-authenticated"),
        ):
            self.client.force_authenticate(user)
            for answer in (
                self.upload(picture()),
                self.client.patch(one, {}),
                self.client.delete(one),
            ):
                self.assert_problem(answer, status, code)
        self.client.force_authenticate(make_editor("Read-only auditor"))
        self.assertEqual(self.client.get(one).status_code, 200)
