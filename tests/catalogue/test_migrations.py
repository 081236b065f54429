from importlib import import_module

from django.apps import apps
from django.test import TestCase

from catalogue.models import CategorySlug, ProductSlug
from catalogue.services import verify_catalogue
from tests.catalogue.factories import CategoryFactory, ProductFactory


class RecordSlugsTests(TestCase):
    """0010_record_slugs"""

    def test_notes_what_is_missing_and_keeps_the_rest(self) -> None:
        migration = import_module("catalogue.migrations.0010_record_slugs")
        migration.BATCH = 2
        for _ in range(5):
            ProductFactory()
            CategoryFactory()
        ProductSlug.objects.all().delete()
        CategorySlug.objects.all().delete()
        ProductSlug.objects.create(slug="former", owner=ProductFactory())
        migration.record_slugs(apps, None)
        migration.record_slugs(apps, None)
        self.assertEqual(verify_catalogue(), [])
        self.assertEqual(ProductSlug.objects.count(), 7)
        self.assertEqual(CategorySlug.objects.count(), 5)
