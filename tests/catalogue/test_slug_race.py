from django.test import TransactionTestCase
from django.urls import reverse
from reversion.models import Version

from catalogue.models import Category, Product, ProductSlug, Variant
from catalogue.services import verify_catalogue
from tests.catalogue.factories import ProductFactory, ProductTypeFactory
from tests.processes import race
from tests.users.factories import UserFactory

PROCESSES = 8
SLUGS = ["a", "b", "c", "d", "e"]


class SlugRaceTests(TransactionTestCase):
    """Eight processes give four products five slugs."""

    def test_a_slug_leads_to_who_had_it_last(self) -> None:
        for slug in SLUGS[:-1]:
            ProductFactory(slug=slug)

        calls = [{"seed": seed, "slugs": SLUGS} for seed in range(PROCESSES)]
        outcomes = race("tests.catalogue.racers.change_slugs", calls)

        self.assertEqual([outcome.error for outcome in outcomes], [None] * PROCESSES)
        self.assertGreater(sum(outcome.value for outcome in outcomes), 0)
        self.assertEqual(verify_catalogue(), [])
        used = {slug: product for product, slug in self.history()}
        owners = dict(ProductSlug.objects.values_list("slug", "owner"))
        self.assertEqual(owners, owners | used)
        self.assertEqual(len(owners), len(SLUGS))

    def history(self) -> list[tuple[int, str]]:
        """Return product and slug of each version, in the order of their commits."""
        versions = Version.objects.get_for_model(Product).order_by("pk")
        return [(int(row.object_id), row.field_dict["slug"]) for row in versions]


class AddingTests(TransactionTestCase):
    """Staff who add rows of one name at the same time: one does, others are told"""

    def add(self, model: str, values: dict[str, object]) -> list[int]:
        staff = UserFactory(is_staff=True, is_superuser=True)
        path = reverse(f"admin:catalogue_{model}_add")
        call = {"user": staff.pk, "path": path, "values": values}
        outcomes = race("tests.catalogue.racers.add_page", [call] * 2)
        return sorted(outcome.value for outcome in outcomes)

    def test_products(self) -> None:
        values = {
            "title": "Metropolis",
            "slug": "metropolis",
            "product_type": ProductTypeFactory().pk,
            "variants-TOTAL_FORMS": 1,
            "variants-INITIAL_FORMS": 0,
            "variants-0-sku": "M-1",
            "variants-0-position": 0,
            "images-TOTAL_FORMS": 0,
            "images-INITIAL_FORMS": 0,
            "picks-TOTAL_FORMS": 0,
            "picks-INITIAL_FORMS": 0,
        }
        self.assertEqual(self.add("product", values), [200, 302])
        self.assertEqual(Product.objects.get().slug, "metropolis")

    def test_variants(self) -> None:
        product = ProductFactory()
        values = {"product": product.pk, "sku": "M-1", "position": 0}
        self.assertEqual(self.add("variant", values), [200, 302])
        self.assertEqual(Variant.objects.get(sku="M-1").product, product)

    def test_categories(self) -> None:
        values = {"name": "Drama", "slug": "drama"}
        self.assertEqual(self.add("category", values), [200, 302])
        self.assertEqual(Category.objects.get().slug, "drama")
