from typing import Any
from unittest import mock

from reversion.models import Version

from catalogue.models import Product, ProductBulk, ProductSummary
from catalogue.services import NewVariant, create_product, verify_catalogue
from catalogue.tasks import purge_bulks
from custom.models import HistoryBatch, OutboxMessage
from partner.services import refresh_summaries
from tax.models import TaxClass
from tests.catalogue.api.admin.editors import BULK, LIST, NEW, BulkTestCase, make_editor
from tests.catalogue.factories import (
    CategoryFactory,
    ProductTypeFactory,
)
from tests.custom.history.undone import undo
from tests.users.factories import UserFactory, create_key


class AccessTests(BulkTestCase):
    """Who may write in bulk"""

    def test_rights(self) -> None:
        self.client.force_authenticate(None)
        self.assert_problem(self.bulk(NEW), 401, "not-authenticated")
        for user in (UserFactory(), make_editor("Read-only auditor")):
            self.client.force_authenticate(user)
            self.assert_problem(self.bulk(NEW), 403, "permission-denied")
        for scopes, status in (((), 403), (["catalogue:read"], 403)):
            self.call_by_key(scopes, status)
        self.assertEqual(Product.objects.count(), 1)
        self.call_by_key(["catalogue:write"], 200)
        self.assertEqual(Product.objects.count(), 2)

    def call_by_key(self, scopes: Any, status: int) -> None:
        self.client.force_authenticate(None)
        _key, secret = create_key(self.editor, *scopes)
        self.client.credentials(HTTP_AUTHORIZATION=f"Token {secret}")
        self.assertEqual(self.bulk(NEW).status_code, status)


class WriteTests(BulkTestCase):
    """What becomes of rows"""

    def test_whole_answer(self) -> None:
        answer = self.bulk(
            NEW,
            {"external_id": "erp/1", "title": "Metropolis!"},
            {"variants": [{"sku": "M-VHS", "title": "Tape"}]},
            {"external_id": "erp/3", "title": "M"},
            "nonsense",
            reason="Nightly copy.",
        )
        self.assertEqual(answer.status_code, 200, answer.content)
        made = Product.objects.get(external_id="erp/2")
        self.assertEqual(
            answer.json(),
            {
                "dry_run": False,
                "created": 1,
                "updated": 1,
                "unchanged": 0,
                "failed": 3,
                "results": [
                    {
                        "row": 0,
                        "external_id": "erp/2",
                        "outcome": "created",
                        "id": made.pk,
                        "version": 1,
                        "errors": [],
                    },
                    {
                        "row": 1,
                        "external_id": "erp/1",
                        "outcome": "updated",
                        "id": self.product.pk,
                        "version": 2,
                        "errors": [],
                    },
                    self.error(2, None, "variants", "duplicate-row"),
                    self.error(3, "erp/3", "product_type", "required", more="variants"),
                    {
                        "row": 4,
                        "external_id": None,
                        "outcome": "error",
                        "id": None,
                        "version": None,
                        "errors": [mock.ANY],
                    },
                ],
            },
        )
        self.assertEqual(answer["Cache-Control"], "private, no-store")
        pointer = answer.json()["results"][4]["errors"][0]["pointer"]
        self.assertEqual(pointer, "#/rows/4")

    def error(
        self, row: int, external_id: str | None, name: str, code: str, more: str = ""
    ) -> dict[str, Any]:
        return {
            "row": row,
            "external_id": external_id,
            "outcome": "error",
            "id": None,
            "version": None,
            "errors": [
                {"pointer": f"#/rows/{row}/{each}", "code": code, "detail": mock.ANY}
                for each in (name, *([more] if more else []))
            ],
        }

    def test_a_new_product_is_whole(self) -> None:
        TaxClass.objects.create(code="reduced", name="Reduced")
        with self.captureOnCommitCallbacks(execute=True):
            self.results(
                NEW
                | {
                    "slug": "nosferatu-1922",
                    "description": " A castle. ",
                    "attributes": {"director": "Murnau", "year": "1922"},
                    "categories": ["drama", str(self.drama.pk)],
                    "tax_class": "reduced",
                    "publish_until": "2999-01-01T01:00:00+01:00",
                    "variants": [
                        {"sku": "N-DVD", "attributes": {"discs": 1}, "position": 3},
                        {"sku": "N-VHS", "title": "Tape", "weight_grams": 70},
                    ],
                }
            )
        made = Product.objects.get(external_id="erp/2")
        shown = self.client.get(f"{LIST}{made.pk}/").json()
        wanted = self.shown(
            id=made.pk,
            external_id="erp/2",
            slug="nosferatu-1922",
            title="Nosferatu",
            description=" A castle. ",
            attributes={"director": "Murnau", "year": 1922},
            tax_class="reduced",
            publish_until="2999-01-01T00:00:00Z",
            variants=mock.ANY,
        )
        self.assertEqual(shown, wanted)
        tape, dvd = shown["variants"]
        self.assertEqual((tape["sku"], tape["position"]), ("N-VHS", 1))
        self.assertEqual((dvd["sku"], dvd["attributes"]), ("N-DVD", {"discs": 1}))
        self.assertEqual(
            self.client.get("/api/product/nosferatu-1922/").status_code, 200
        )
        self.assertTrue(OutboxMessage.objects.filter(topic="product.changed").exists())
        self.assertEqual(verify_catalogue(), [])

    def test_what_is_left_out_stays(self) -> None:
        comedy = CategoryFactory(name="Comedy", slug="comedy")
        with self.captureOnCommitCallbacks(execute=True):
            (result,) = self.results(
                {
                    "external_id": "erp/1",
                    "slug": "metropolis-1927",
                    "attributes": {"director": "Lang"},
                    "categories": ["comedy"],
                    "variants": [
                        {"sku": "M-VHS", "is_public": True},
                        {"sku": "M-BLU", "attributes": {"discs": 1}},
                    ],
                }
            )
        self.assertEqual(result["outcome"], "updated")
        shown = self.client.get(self.detail).json()
        self.assertEqual(shown["version"], result["version"])
        variants = {each["sku"]: each for each in shown.pop("variants")}
        wanted = self.shown(
            slug="metropolis-1927",
            attributes={"director": "Lang"},
            categories=[comedy.pk],
            version=result["version"],
        )
        wanted.pop("variants")
        self.assertEqual(shown, wanted)
        self.assertEqual(variants["M-DVD"], self.variant_row())
        self.assertIs(variants["M-VHS"]["is_public"], True)
        self.assertEqual(variants["M-VHS"]["title"], "Tape")
        self.assertEqual(variants["M-BLU"]["position"], 2)
        moved = self.client.get("/api/product/metropolis/")
        self.assertEqual(moved["Location"], "/api/product/metropolis-1927/")
        listed = self.client.get("/api/product/?category=comedy").json()["results"]
        self.assertEqual([row["slug"] for row in listed], ["metropolis-1927"])
        self.assertEqual(verify_catalogue(), [])

    def test_hiding_a_variant_takes_its_price_from_lists(self) -> None:
        refresh_summaries([self.product.pk])
        summary = ProductSummary.objects.filter(pk=self.product.pk)
        self.assertIsNotNone(summary.get().price_from)
        self.results({"variants": [{"sku": "M-DVD", "is_public": False}]})
        self.assertIsNone(summary.get().price_from)

    def test_found_by_its_skus(self) -> None:
        first, second = self.results(
            {"title": "Metropolis!", "variants": [{"sku": "M-NEW"}, {"sku": "M-DVD"}]},
            NEW | {"external_id": "erp/9"},
        )
        self.assertEqual((first["outcome"], first["id"]), ("updated", self.product.pk))
        self.assertIsNone(first["external_id"])
        self.assertEqual(second["outcome"], "created")
        self.assertEqual(self.product.variants.count(), 3)
        (made,) = self.results(
            {"title": "K", "product_type": "film", "variants": [{"sku": "K"}]}
        )
        self.assertIsNone(Product.objects.get(pk=made["id"]).external_id)

    def test_the_same_again_writes_nothing(self) -> None:
        rows = [
            NEW,
            {
                "external_id": "erp/1",
                "title": "Metropolis",
                "attributes": {"year": "1927", "director": "Lang", "silent": True},
                "categories": [str(self.drama.pk)],
                "publish_from": None,
                "tax_class": None,
                "variants": [{"sku": "M-DVD", "attributes": {"discs": "2"}}],
            },
        ]
        self.results(*rows)
        versions = Version.objects.count()
        again = self.results(*rows)
        self.assertEqual([each["outcome"] for each in again], ["unchanged"] * 2)
        self.assertEqual(Version.objects.count(), versions)
        self.product.refresh_from_db()
        self.assertEqual(self.product.version, 1)

    def test_slugs(self) -> None:
        create_product(
            product_type=self.film, title="Nosferatu", variants=[NewVariant(sku="N")]
        )
        book = ProductTypeFactory(code="book")
        rows = [
            NEW | {"external_id": f"x/{n}", "variants": [{"sku": f"S-{n}"}]} | change
            for n, change in enumerate(
                (
                    {},
                    {"slug": "nosferatu-2"},
                    {"product_type": book.code},
                    {"slug": "metropolis"},
                    {"slug": "nosferatu-2"},
                    {"slug": "1922"},
                )
            )
        ]
        results = self.results(*rows)
        codes = [
            each["errors"][0]["code"] if each["errors"] else each["outcome"]
            for each in results
        ]
        self.assertEqual(codes, ["created"] * 3 + ["slug-taken"] * 2 + ["invalid-slug"])
        slugs = [Product.objects.get(pk=each["id"]).slug for each in results[:3]]
        self.assertEqual(slugs[1], "nosferatu-2")
        self.assertEqual(len({*slugs, "nosferatu"}), 4)
        self.assertEqual(verify_catalogue(), [])


class OnceTests(BulkTestCase):
    """Sent again, tried, undone"""

    def test_a_keyed_request_is_carried_out_once(self) -> None:
        rows = (NEW, {"external_id": "erp/1", "title": "x" * 256})
        first = self.bulk(*rows, key="k")
        Product.objects.filter(external_id="erp/2").update(title="Other")
        again = self.bulk(*rows, key="k")
        self.assertEqual(again.json(), first.json())
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertEqual(Product.objects.get(external_id="erp/2").title, "Other")
        other = self.bulk(NEW, key="k")
        self.assert_problem(other, 422, "idempotency-key-reused")
        self.assertEqual(ProductBulk.objects.count(), 1)

    def test_without_a_key_no_answer_is_kept(self) -> None:
        self.results(NEW)
        self.assertEqual(ProductBulk.objects.count(), 0)

    def test_answers_are_kept_as_long_as_keys(self) -> None:
        self.results(NEW, key="k")
        self.assertEqual(purge_bulks(), 0)
        with self.settings(IDEMPOTENCY_KEY_HOURS=0):
            self.assertEqual(purge_bulks(), 1)

    def test_a_dry_run_stores_nothing(self) -> None:
        rows = (NEW, {"external_id": "erp/1", "title": "x"}, {"external_id": "erp/3"})
        answer = self.bulk(*rows, query="?dry_run=true", key="k").json()
        self.assertIs(answer["dry_run"], True)
        outcomes = [each["outcome"] for each in answer["results"]]
        self.assertEqual(outcomes, ["created", "updated", "error"])
        self.assertIsNone(answer["results"][0]["id"])
        self.assert_unchanged()
        self.assertEqual(Product.objects.count(), 1)
        told = self.bulk(*rows, key="k").json()["results"]  # the key is free still
        self.assertEqual([each["outcome"] for each in told], outcomes)

    def test_one_step_of_the_history(self) -> None:
        headers = {"X-Request-ID": "r-1"}
        body = {
            "rows": [
                NEW,
                {
                    "external_id": "erp/1",
                    "title": "Changed",
                    "categories": [],
                    "variants": [{"sku": "M-DVD", "title": "Disc"}, {"sku": "M-BLU"}],
                },
            ],
            "reason": "Nightly copy.",
        }
        self.client.post(BULK, body, headers=headers)
        made = Product.objects.get(external_id="erp/2")
        step = ("Nightly copy.", "api", self.editor.pk, "r-1")
        rows = (self.product, self.dvd, made, made.variants.get())
        for row in rows:
            self.assertEqual(self.last_step(row), step)
        batch = HistoryBatch.objects.get()
        undo(batch.pk, actor=self.editor)
        after = self.client.get(self.detail).json()
        self.assertEqual(after, self.shown(version=after["version"]))
        self.assertFalse(Product.objects.filter(pk=made.pk).exists())
        self.assertEqual(verify_catalogue(), [])
