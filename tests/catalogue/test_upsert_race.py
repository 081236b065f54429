from django.test import TransactionTestCase

from catalogue.models import Product, Variant
from catalogue.services import NewVariant, create_product, verify_catalogue
from tests.catalogue.factories import ProductTypeFactory
from tests.processes import race
from tests.users.factories import UserFactory

PROCESSES = 6
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

    def make(self, sku: str) -> int:
        product = create_product(
            product_type=self.film, title="K", variants=[NewVariant(sku=sku)]
        )
        return product.pk
