from django.test import TransactionTestCase
from reversion.models import Version

from catalogue.models import Product, ProductSlug
from catalogue.services import verify_catalogue
from tests.catalogue.factories import ProductFactory
from tests.processes import race

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
