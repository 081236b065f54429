from django.test import TransactionTestCase

from catalogue.models import Product, Variant
from catalogue.services import NewVariant, create_product, verify_catalogue
from tests.catalogue.factories import ProductTypeFactory
from tests.processes import race
from tests.users.factories import UserFactory

PROCESSES = 6
ROWS = 8  # of a bulk
LIST = "/api/admin/product/"


class UpsertRaceTests(TransactionTestCase):
    """Several processes send the same product, or variant, at once."""

    def setUp(self) -> None:
        self.editor = UserFactory(is_staff=True, is_superuser=True)
        self.film = ProductTypeFactory(code="film")

    def put(self, *calls: tuple[str, object]) -> list[int]:
        """Send each body to its address, all at once; return the statuses, sorted."""
        outcomes = race(
            "tests.catalogue.racers.put",
            [
                {"user": self.editor.pk, "path": f"{LIST}{path}", "body": body}
                for path, body in calls
            ],
        )
        self.assertEqual([each.detail for each in outcomes if each.error], [])
        return sorted(each.value for each in outcomes)

    def test_one_external_id_is_one_product(self) -> None:
        body = {"title": "M", "product_type": "film", "variants": [{"sku": "M-1"}]}
        calls = [
            ("by-external-id/erp/1/", body | {"description": f"{n}"})
            for n in range(PROCESSES)
        ]
        self.assertEqual(self.put(*calls), [200] * (PROCESSES - 1) + [201])
        product = Product.objects.get()
        self.assertEqual((product.external_id, product.version), ("erp/1", PROCESSES))
        self.assertEqual(product.variants.get().sku, "M-1")
        self.assertEqual(verify_catalogue(), [])

    def test_one_sku_is_one_variant(self) -> None:
        pks = [self.make(f"K-{n}") for n in range(2)]
        calls = [
            (f"{pks[n % 2]}/variant/by-sku/M-1/", {"title": f"{n}"})
            for n in range(PROCESSES)
        ]
        taken = PROCESSES // 2
        self.assertEqual(self.put(*calls), [200] * (taken - 1) + [201] + [409] * taken)
        owner = Variant.objects.get(sku="M-1").product
        self.assertEqual(owner.version, 1 + taken)

    def test_bulks_of_the_same_products(self) -> None:
        """Some are made by one and changed by the other, whatever the order of rows."""
        rows = [
            {
                "external_id": f"erp/{n}",
                "title": "M",
                "product_type": "film",
                "variants": [{"sku": f"M-{n}"}],
            }
            for n in range(ROWS)
        ]
        outcomes = race(
            "tests.catalogue.racers.post",
            [
                {
                    "user": self.editor.pk,
                    "path": f"{LIST}bulk/",
                    "body": {
                        "rows": [
                            row | {"description": f"{n}"} for row in rows[:: (-1) ** n]
                        ]
                    },
                }
                for n in range(PROCESSES)
            ],
        )
        self.assertEqual([each.detail for each in outcomes if each.error], [])
        told = sorted(each.value for each in outcomes)
        others = [["updated"] * ROWS] * (PROCESSES - 1)
        self.assertEqual(told, [["created"] * ROWS, *others])
        versions = Product.objects.values_list("version", flat=True)
        self.assertEqual(list(versions), [PROCESSES] * ROWS)
        self.assertEqual(Product.objects.values("description").distinct().count(), 1)
        self.assertEqual(Variant.objects.count(), ROWS)
        self.assertEqual(verify_catalogue(), [])

    def make(self, sku: str) -> int:
        product = create_product(
            product_type=self.film, title="K", variants=[NewVariant(sku=sku)]
        )
        return product.pk
