from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from unittest import mock

from django.db.models import QuerySet
from django.test import TestCase

from catalogue.models import Product, Variant
from custom.mysql.base import DatabaseWrapper, Rows, Statement
from custom.parts import Parts, with_parts
from custom.prepared import PreparedRead
from custom.rows import as_rows
from tests.catalogue.factories import ProductFactory, VariantFactory


class Size(NamedTuple):
    """What a shelf says of a variant; its product tells the title."""

    title: str
    pk: int
    product_id: int
    position: int
    sku: str
    attributes: dict[str, Any]
    is_public: bool


class ShelfColumns(NamedTuple):
    """What a shelf says of a product."""

    pk: int
    created_at: datetime
    title: str


class Shelf(ShelfColumns):
    """A product with its variants."""

    sizes: list[Size]


SIZES = Parts(
    Variant.objects.filter(is_public=True).order_by("position", "-pk"),
    Size,
    key="product_id",
    name="sizes",
    told=("title",),
)
UNSORTABLE = Parts(
    Variant.objects.order_by("sku"), Size, "product_id", "sizes", ("title",)
)
UNTOLD = Parts(
    Variant.objects.order_by("position"), Size, "product_id", "sizes", ("sku",)
)


def shelves(pks: Sequence[int], *order: str) -> QuerySet[Product, Shelf]:
    found = Product.objects.filter(pk__in=pks).order_by(*order or ("-pk",))
    return as_rows(found, Shelf)


def read_shuffled(
    link: DatabaseWrapper,
    statements: Sequence[Statement],
    read: Callable[..., list[Rows]] = DatabaseWrapper.read,
) -> list[Rows]:
    """Read rows in an order that no statement gives."""
    return [rows[1::2] + rows[::2] for rows in read(link, statements)]


class PartsTests(TestCase):
    """Products, each with those of its variants that are public"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.products = ProductFactory.create_batch(4)
        cls.pks = [product.pk for product in cls.products]
        for product in cls.products[1:]:  # the oldest has none
            for position in (2, 1, 3):
                VariantFactory(
                    product=product, position=position, attributes={"of": product.pk}
                )
            VariantFactory(product=product, is_public=False)

    def setUp(self) -> None:
        self.read = PreparedRead(lambda pks: with_parts(shelves(pks), SIZES))

    def check(self, rows: Sequence[Shelf], products: Sequence[Product]) -> None:
        self.assertEqual([row.pk for row in rows], [each.pk for each in products])
        for row, product in zip(rows, products, strict=True):
            self.assertIsInstance(row, Shelf)
            self.assertEqual(row.created_at, product.created_at)
            has_parts = product != self.products[0]
            self.assertEqual(
                [size.position for size in row.sizes], [1, 2, 3] if has_parts else []
            )
            for size in row.sizes:
                self.assertIsInstance(size, Size)
                self.assertEqual(size.product_id, product.pk)
                self.assertEqual(size.title, product.title)
                self.assertEqual(size.attributes, {"of": product.pk})
                self.assertIs(size.is_public, True)

    def test_rows_come_with_their_parts_by_one_statement(self) -> None:
        newest = self.products[::-1]
        with self.assertNumQueries(2):
            self.check(self.read(pks=self.pks), newest)
            self.check([*with_parts(shelves(self.pks), SIZES)], newest)

    def test_cut_counts_rows_whatever_their_parts(self) -> None:
        newest = self.products[::-1]
        for cut in (slice(0, 2), slice(1, 3), slice(2, 9), slice(4, 5)):
            with self.subTest(cut), self.assertNumQueries(2):
                self.check(self.read(cut, pks=self.pks), newest[cut])
                self.check(with_parts(shelves(self.pks), SIZES)[cut], newest[cut])

    def test_order_is_that_of_rows_and_parts_in_whatever_order_they_come(self) -> None:
        for order, products in (
            (("-created_at", "-pk"), self.products[::-1]),
            (("created_at", "-pk"), self.products),
            (("pk",), self.products),
        ):
            rows = with_parts(shelves(self.pks, *order), SIZES)
            with (
                self.subTest(order),
                mock.patch.object(DatabaseWrapper, "read", read_shuffled),
            ):
                self.check(list(rows), products)

    def test_parts_of_one_place_follow_the_next_name(self) -> None:
        product = ProductFactory()
        variants = [VariantFactory(product=product, position=7) for _ in range(3)]
        (row,) = self.read(pks=[product.pk])
        skus = [variant.sku for variant in reversed(variants)]
        self.assertEqual([size.sku for size in row.sizes], skus)

    def test_rows_may_be_narrowed_and_sorted_further(self) -> None:
        rows = self.read.rows(pks=self.pks)
        found = rows.filter(title=self.products[2].title)
        with self.assertNumQueries(1):
            self.check(list(found), [self.products[2]])
        with self.assertNumQueries(1):
            self.check(rows.order_by("pk")[0:2], self.products[:2])
        self.assertEqual(found.count(), 1)

    def test_nothing_is_asked_for_no_rows(self) -> None:
        with self.assertNumQueries(0):
            self.assertEqual(self.read(pks=[]), [])
            self.assertEqual(list(with_parts(shelves([]), SIZES)), [])

    def test_neither_texts_nor_what_is_not_read_are_sorted_by(self) -> None:
        for rows in (
            with_parts(shelves(self.pks, "title"), SIZES),
            with_parts(shelves(self.pks, "slug"), SIZES),
            with_parts(as_rows(Product.objects.all(), Shelf), SIZES),  # by its id
            with_parts(shelves(self.pks), UNSORTABLE),
        ):
            with self.assertRaisesMessage(ValueError, "cannot be sorted"):
                list(rows)

    def test_parts_are_told_by_the_last_columns_alone(self) -> None:
        with self.assertRaisesMessage(ValueError, "cannot be told"):
            list(with_parts(shelves(self.pks), UNTOLD))
