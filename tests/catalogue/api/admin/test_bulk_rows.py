from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.models import Product
from catalogue.services import NewVariant, create_product
from custom.api.xml import dump_xml, load_xml
from tests.catalogue.api.admin.editors import BULK, NEW, BulkTestCase
from tests.catalogue.factories import AttributeDefinitionFactory, ProductTypeFactory

OWN = {"external_id": "erp/1"}


def with_skus(*skus: str) -> dict[str, Any]:
    return {"variants": [{"sku": sku} for sku in skus]}


class RefusalTests(BulkTestCase):
    """Rows that are refused, and stop no other"""

    def test_bad_rows(self) -> None:
        AttributeDefinitionFactory(
            product_type=ProductTypeFactory(code="game"),
            code="players",
            applies_to="variant",
            is_required=True,
        )
        other = create_product(
            product_type=self.film, title="Kid", variants=[NewVariant(sku="K-1")]
        )
        Product.objects.filter(pk=other.pk).update(external_id="erp/8")
        window = {
            "publish_from": "2030-01-01T00:00:00Z",
            "publish_until": "2029-01-01T00:00:00Z",
        }
        for row, faults in (
            ({}, "external_id required"),
            (
                {"external_id": "erp/3"},
                "product_type required, title required, variants required",
            ),
            ({"external_id": ""}, "external_id blank"),
            (OWN | {"pric": "x"}, "pric unknown-field"),
            (OWN | {"reason": "x"}, "reason unknown-field"),
            (OWN | {"title": [1]}, "title invalid"),
            (OWN | {"version": 0}, "version min-value"),
            (OWN | {"version": 2}, "version stale"),
            (NEW | {"version": 1}, "version stale"),
            (OWN | {"product_type": "none"}, "product_type does-not-exist"),
            (OWN | {"product_type": "game"}, "product_type product-type-stays"),
            (NEW | {"product_type": "none"}, "product_type does-not-exist"),
            (NEW | {"tax_class": "none"}, "tax_class does-not-exist"),
            (
                NEW | {"categories": ["drama", "x", "7" * 30]},
                "categories/1 does-not-exist, categories/2 does-not-exist",
            ),
            (OWN | {"attributes": {"a/b": 1}}, "attributes/a~1b invalid-attributes"),
            (OWN | {"attributes": {"year": "x"}}, "attributes/year invalid-attributes"),
            (
                NEW | {"product_type": "game"},
                "variants/0/attributes/players invalid-attributes",
            ),
            (OWN | {"slug": "1927"}, "slug invalid-slug"),
            (OWN | {"slug": other.slug}, "slug slug-taken"),
            (OWN | window, "publish_until invalid-publish-window"),
            (NEW | with_skus("A", "M-DVD"), "variants/1/sku sku-taken"),
            (OWN | with_skus("A", "A"), "variants/1/sku sku-taken"),
            (with_skus("M-DVD", "K-1"), "variants/1/sku sku-taken"),
            (NEW | with_skus(""), "variants/0/sku blank"),
        ):
            with self.subTest(row=row):
                found = self.refused({"external_id": "erp/8"}, row)
                told = {f"{pointer} {code}" for pointer, code in found}
                wanted = {f"#/rows/1/{fault}" for fault in faults.split(", ")}
                self.assertEqual(told, wanted)
        self.assertEqual(Product.objects.count(), 2)
        self.assert_unchanged()

    def test_what_earlier_rows_have_taken(self) -> None:
        for rows, fault in (
            ((NEW, NEW), ("external_id", "duplicate-row")),
            (
                ({"external_id": "erp/1"}, {"variants": [{"sku": "M-DVD"}]}),
                ("variants", "duplicate-row"),
            ),
            (
                (NEW | {"external_id": "a"}, NEW | {"external_id": "b"}),
                ("variants/0/sku", "sku-taken"),
            ),
            (
                (
                    {"external_id": "erp/1", "variants": [{"sku": "O"}]},
                    NEW | {"external_id": "c", "variants": [{"sku": "O"}]},
                ),
                ("variants/0/sku", "sku-taken"),
            ),
        ):
            with self.subTest(fault=fault):
                path, code = fault
                self.assertEqual(self.refused(*rows), {(f"#/rows/1/{path}", code)})

    def test_a_refused_row_takes_nothing(self) -> None:
        first, second = self.results(
            NEW | {"external_id": "a", "slug": "n", "categories": ["none"]},
            NEW | {"external_id": "b", "slug": "n"},
        )
        self.assertEqual((first["outcome"], second["outcome"]), ("error", "created"))

    def test_bad_bodies(self) -> None:
        for body, fault in (
            ({}, ("#/rows", "required")),
            ({"rows": []}, ("#/rows", "min-length")),
            ({"rows": [NEW] * 101}, ("#/rows", "max-length")),
            ({"rows": NEW}, ("#/rows", "not-a-list")),
            ({"rows": [NEW], "raeson": "x"}, ("#/raeson", "unknown-field")),
            ({"rows": [NEW], "reason": "x" * 300}, ("#/reason", "max-length")),
        ):
            with self.subTest(fault=fault):
                self.assertEqual(self.faults(self.client.post(BULK, body)), {fault})
        answer = self.bulk(NEW, query="?dry_run=perhaps")
        self.assertEqual(self.faults(answer), {("#/query/dry_run", "invalid")})
        self.assertEqual(Product.objects.count(), 1)


class CostTests(BulkTestCase):
    """What a bulk costs"""

    def rows(self, many: int, title: str, shift: int) -> list[dict[str, Any]]:
        return [
            {
                "external_id": f"e/{n}",
                "title": f"{title} {n}",
                "product_type": "film",
                "attributes": {"year": 1900 + n},
                "categories": ["drama"],
                "variants": [{"sku": f"E-{n}-{m}"} for m in range(2)],
            }
            for n in range(shift, shift + many)
        ]

    def count(self, many: int, title: str, shift: int) -> int:
        """Send rows; count the statements but for those that keep a version."""
        with CaptureQueriesContext(connection) as queries:
            results = self.results(*self.rows(many, title, shift))
        self.assertNotIn("error", {each["outcome"] for each in results})
        kept = ("INSERT INTO `reversion_version`", "INSERT INTO `custom_versionmark`")
        return sum(not each["sql"].startswith(kept) for each in queries)

    def test_statements_do_not_grow_with_the_rows(self) -> None:
        self.count(1, "Warm", 90)  # rights, content types
        few, many = self.count(4, "New", 0), self.count(20, "New", 20)
        self.assertEqual(few, many)
        few, many = self.count(4, "Old", 0), self.count(20, "Old", 20)
        self.assertEqual(few, many)


class XmlTests(BulkTestCase):
    """JSON and XML"""

    def test_the_same_by_xml(self) -> None:
        body = {
            "rows": [
                NEW | {"attributes": {"year": 1922}},
                {"external_id": "erp/1", "tax_class": None, "title": "M"},
                {"external_id": "erp/4", "categories": []},
            ],
            "reason": "By XML.",
        }
        answer = self.client.post(
            f"{BULK}?dry_run=true",
            dump_xml(body),
            content_type="application/xml",
            headers={"Accept": "application/xml"},
        )
        self.assertEqual(answer.status_code, 200, answer.content)
        by_json = self.client.post(f"{BULK}?dry_run=true", body).json()
        read = load_xml(answer.content)
        self.assertEqual(
            [each["outcome"] for each in read["results"]],
            [each["outcome"] for each in by_json["results"]],
        )
        self.assertEqual(
            [each["errors"] for each in read["results"]],
            [each["errors"] for each in by_json["results"]],
        )
