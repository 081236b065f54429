from django.test import TestCase

from catalogue.models import ListingCount, Product, ProductListing
from catalogue.querysets import WHOLE_SHOP
from catalogue.services import verify_catalogue
from partner.models import StockRecord
from partner.services import verify_stock
from script.benches._copies import copy_products
from tests.catalogue.factories import (
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    VariantFactory,
)
from tests.partner.factories import StockRecordFactory


class CopyTests(TestCase):
    """Products that a measurement copies are as whole as those it copies."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.product = ProductFactory(title="Vertigo", categories=[CategoryFactory()])
        variant = VariantFactory(product=cls.product)
        cls.record = StockRecordFactory(variant=variant)
        ProductImageFactory(product=cls.product)
        copy_products(3)

    def test_nothing_is_at_fault(self) -> None:
        self.assertEqual(verify_catalogue(), [])
        self.assertEqual(verify_stock(), [])

    def test_copies_have_all_that_hangs_on_a_product(self) -> None:
        titles = ["Vertigo", "Vertigo 1", "Vertigo 2", "Vertigo 3"]
        for product, title in zip(Product.objects.order_by("pk"), titles, strict=True):
            (variant,) = product.variants.all()
            record = StockRecord.objects.get(variant=variant)
            self.assertEqual(product.title, title)
            self.assertEqual(record.partner, self.record.partner)
            self.assertEqual(record.level.num_in_stock, self.record.level.num_in_stock)
            self.assertEqual(product.summary.price_from, self.record.price)
            self.assertEqual(product.images.count(), 1)
            self.assertEqual(product.categories.count(), 1)

    def test_lists_have_them(self) -> None:
        listed = ProductListing.objects.in_scope(WHOLE_SHOP).by_title()
        self.assertEqual(listed.values_list("title", flat=True)[3], "Vertigo 3")
        self.assertEqual(ListingCount.objects.get(scope=WHOLE_SHOP).product_count, 4)
