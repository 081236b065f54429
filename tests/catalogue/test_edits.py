import datetime as dt

from django.test import TestCase

from catalogue.errors import (
    InvalidWindowError,
    MissingProductError,
    VariantSkuTakenError,
)
from catalogue.models import Product, Variant
from catalogue.services import (
    Edit,
    NewVariant,
    create_product,
    edit_product,
    edit_variant,
    update_product,
    update_variant,
    upsert_product,
)
from tests.catalogue.factories import ProductTypeFactory
from tests.users.factories import UserFactory


class EditTests(TestCase):
    """catalogue.services.edits, where somebody else was quicker"""

    def setUp(self) -> None:
        self.edit = Edit(actor=UserFactory(is_staff=True))
        self.product = create_product(
            product_type=ProductTypeFactory(),
            title="M",
            variants=[NewVariant(sku="M-1", title="Old")],
        )

    def test_what_was_read_before_the_lock_decides_nothing(self) -> None:
        read = self.product.variants.get()
        update_variant(read.pk, title="New")
        edit_variant(read, {"title": "Old"}, edit=self.edit)
        self.assertEqual(Variant.objects.get().title, "Old")

    def test_a_variant_that_has_just_gone(self) -> None:
        read = self.product.variants.get()
        Variant.objects.all().delete()
        with self.assertRaises(MissingProductError):
            edit_variant(read, {"title": "Old"}, edit=self.edit)

    def test_a_product_that_has_just_gone_is_not_made_of_half_a_body(self) -> None:
        with self.assertRaises(MissingProductError):
            upsert_product("erp/2", {"title": "N"}, (), edit=self.edit)
        self.assertEqual(Product.objects.get(), self.product)

    def test_a_variant_that_is_named_twice(self) -> None:
        update_product(self.product.pk, external_id="erp/1")
        twice = [{"sku": "M-1", "title": "New"}, {"sku": "M-1", "title": "Old"}]
        with self.assertRaises(VariantSkuTakenError):
            upsert_product("erp/1", {}, twice, edit=self.edit)
        self.assertEqual(Variant.objects.get().title, "Old")

    def test_a_moment_that_no_answer_could_write(self) -> None:
        long_ago = dt.datetime(999, 12, 31, tzinfo=dt.UTC)
        for end in ("publish_from", "publish_until"):
            with self.assertRaises(InvalidWindowError):
                edit_product(self.product.pk, {end: long_ago}, edit=self.edit)
