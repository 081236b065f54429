from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase

from catalogue.models import (
    Category,
    CategorySlug,
    ListingCount,
    Product,
    ProductListing,
    ProductSlug,
)
from catalogue.services import verify_catalogue
from tests.catalogue.factories import CategoryFactory, ProductFactory


class VerifyTests(TestCase):
    """manage.py catalogue verify"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.love = CategoryFactory(name="Love", parent=cls.drama)
        cls.product = ProductFactory(categories=[cls.war])
        cls.hidden = ProductFactory(categories=[cls.war], is_public=False)

    def test_what_services_write_is_right(self) -> None:
        self.assertEqual(verify_catalogue(), [])
        told = StringIO()
        call_command("catalogue", "verify", stdout=told)
        self.assertEqual(
            told.getvalue(), "The tree, the lists and their counts are right.\n"
        )

    def test_each_fault_is_named_and_repaired(self) -> None:
        war, drama = self.war.pk, self.drama.pk
        for harm, fault in (
            (
                lambda: Category.objects.filter(pk=war).update(rght=99),
                f"category {war}: ",
            ),
            (
                lambda: Category.objects.filter(pk=war).update(tree_id=77),
                f"category {war}: ",
            ),
            (
                lambda: Category.objects.filter(pk=war).update(name="A first one"),
                f"below category {drama}: not in the order of names",
            ),
            (
                lambda: ProductListing.objects.filter(scope=drama).delete(),
                f"product {self.product.pk}: in lists [0, {war}] instead of",
            ),
            (
                lambda: Product.objects.filter(pk=self.hidden.pk).update(is_public=1),
                f"product {self.hidden.pk}: in lists [] instead of",
            ),
            (
                lambda: ListingCount.objects.filter(scope=0).update(product_count=7),
                "list 0: 7 instead of",
            ),
            (
                lambda: ProductSlug.objects.filter(owner=self.hidden).delete(),
                f"product {self.hidden.pk}: {self.hidden.slug} is not noted",
            ),
            (
                lambda: CategorySlug.objects.filter(owner=drama).update(owner=war),
                f"category {drama}: drama is not noted",
            ),
        ):
            with self.subTest(fault=fault):
                harm()
                self.assertIn(fault, "\n".join(verify_catalogue()))
                with self.assertRaises(CommandError):
                    call_command("catalogue", "verify", stdout=StringIO())
                call_command("catalogue", "verify", repair=True, stdout=StringIO())
                self.assertEqual(verify_catalogue(), [])
