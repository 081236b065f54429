from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from unittest import mock

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogue.models import Category, Product
from custom.mysql.base import DatabaseWrapper
from custom.prepared import MOST_BOUND, PreparedRead, read_together
from custom.rows import as_rows
from tests.catalogue.factories import CategoryFactory, ProductFactory
from users.models import AuthToken


class Tag(NamedTuple):
    """What a shelf says of a product."""

    pk: int
    slug: str
    attributes: dict[str, Any]
    created_at: datetime
    price: Decimal | None
    in_stock: bool

    @property
    def label(self) -> str:
        return f"{self.pk} {self.slug}"


class PreparedReadTests(TestCase):
    """A read that is compiled once answers as its queryset does."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.products = ProductFactory.create_batch(3)
        cls.pks = [product.pk for product in cls.products]

    def test_rows_are_those_of_the_queryset(self) -> None:
        read = PreparedRead(
            lambda pks: (
                Product.objects.select_related("summary")
                .filter(pk__in=pks)
                .order_by("pk")
            )
        )
        for pks in (self.pks[:2], self.pks[1:], self.pks):
            expected = list(read._build(pks=pks))
            with self.assertNumQueries(1):
                rows = read(pks=pks)
            self.assertEqual(rows, expected)
            self.assertEqual(
                [vars(row).keys() for row in rows],
                [vars(row).keys() for row in expected],
            )

    def test_instances_have_what_was_selected_with_them(self) -> None:
        first, second, _ = self.products
        parent = CategoryFactory()
        for category in (parent, CategoryFactory(parent=parent)):
            category.products.add(first)
        read = PreparedRead(
            lambda product: (
                Category.objects.filter(products=product)
                .select_related("parent")
                .annotate(twice=F("level") + F("level"))
                .defer("name")
                .order_by("level")
            )
        )
        self.assertEqual(read(product=second.pk), [])
        with self.assertNumQueries(1):
            top, below = read(product=first.pk)
            self.assertIsNone(top.parent)
            self.assertEqual((below.parent, below.parent.slug), (parent, parent.slug))
            self.assertEqual((top.twice, below.twice), (0, 2))
            self.assertIs(below._state.adding, False)
        with self.assertNumQueries(1):
            self.assertEqual(top.name, parent.name)

    def test_values_and_texts(self) -> None:
        read = PreparedRead(
            lambda slug: Product.objects.filter(slug=slug).values_list("pk", "title")
        )
        for product in self.products:
            self.assertEqual(read(slug=product.slug), [(product.pk, product.title)])
        self.assertEqual(read(slug="a' OR 1=1 -- "), [])

    def test_tuples_of_a_class(self) -> None:
        read = PreparedRead(
            lambda pks: as_rows(
                Product.objects.filter(pk__in=pks).annotate(
                    price=F("summary__price_from"), in_stock=F("summary__in_stock")
                ),
                Tag,
            )
        )
        for pks in (self.pks, self.pks[:1]):
            with self.assertNumQueries(2):
                expected = list(read.queryset(pks=pks))
                rows = read(pks=pks)
            self.assertEqual(rows, expected)
            for row, own in zip(rows, expected, strict=True):
                self.assertIsInstance(row, Tag)
                self.assertIs(row.in_stock, False)  # no number
                self.assertEqual(row.created_at, own.created_at)
                self.assertIsNotNone(row.created_at.tzinfo)
                self.assertEqual(row.attributes, {})  # no text
        first = self.products[0]
        self.assertEqual(rows[0].label, f"{first.pk} {first.slug}")

    def test_tuples_too_many_to_prepare(self) -> None:
        read = PreparedRead(
            lambda pks: as_rows(
                Product.objects.filter(pk__in=pks).annotate(
                    price=F("summary__price_from"), in_stock=F("summary__in_stock")
                ),
                Tag,
            )
        )
        rows = read(pks=[*self.pks, *range(2**40, 2**40 + MOST_BOUND)])
        self.assertEqual([row.pk for row in rows], self.pks)
        self.assertIsInstance(rows[0], Tag)

    def test_flat_values_and_plain_tuples(self) -> None:
        flat = PreparedRead(
            lambda pks: Product.objects.filter(pk__in=pks).values_list("pk", flat=True)
        )
        self.assertEqual(flat(pks=self.pks), self.pks)
        plain = PreparedRead(
            lambda pks: Product.objects.filter(pk__in=pks).values_list("pk", "slug")
        )
        expected = [(product.pk, product.slug) for product in self.products]
        self.assertEqual(plain(pks=self.pks), expected)

    def test_rows_that_are_only_cut_are_read_as_prepared(self) -> None:
        built = []

        def build(pks: list[int]) -> object:
            built.append(pks)
            return Product.objects.filter(pk__in=pks).order_by("-pk")

        read = PreparedRead(build)
        read.rows(pks=self.pks).all().order_by("-pk")[0:2]
        built.clear()
        rows = read.rows(pks=self.pks)
        self.assertIs(rows.model, Product)
        self.assertIs(rows.order_by("-pk"), rows)
        newest = list(reversed(self.products))
        self.assertEqual(rows.all()[0:2], newest[:2])
        self.assertEqual(built, [])

    def test_rows_beyond_a_position_are_prepared_in_any_order(self) -> None:
        built = []

        def build(pks: list[int]) -> object:
            built.append(pks)
            return Product.objects.filter(pk__in=pks).order_by("-created_at")

        read = PreparedRead(build)
        first, second, third = self.products
        for _ in range(2):
            rows = read.rows(pks=self.pks)
            later = rows.order_by("created_at").filter(
                created_at__gt=str(first.created_at)
            )
            earlier = rows.filter(created_at__lt=third.created_at)
            with self.assertNumQueries(3):
                self.assertEqual(later[0:1], [second])
                self.assertEqual(list(later), [second, third])
                self.assertEqual(earlier[0:3], [second, first])
            self.assertEqual(later.count(), 2)
            times, built[:] = len(built), []
        self.assertEqual(times, 1)  # to count

    def test_no_position_is_refused(self) -> None:
        read = PreparedRead(lambda pks: Product.objects.filter(pk__in=pks))
        with self.assertRaises(ValidationError):
            read.rows(pks=self.pks).filter(created_at__gt="yesterday")

    def test_rows_that_are_narrowed_are_a_queryset(self) -> None:
        read = PreparedRead(
            lambda pks: Product.objects.filter(pk__in=pks).order_by("-pk")
        )
        rows = read.rows(pks=self.pks)
        self.assertEqual(list(rows.order_by("pk")), self.products)
        self.assertEqual(list(rows.filter(pk=self.pks[1])), [self.products[1]])
        self.assertEqual(rows.count(), 3)

    def test_cut(self) -> None:
        read = PreparedRead(
            lambda pks: (
                Product.objects.filter(pk__in=pks).order_by("pk").values_list("pk")
            )
        )
        for cut in (slice(0, 2), slice(1, 3), slice(2, 4), slice(3, 5)):
            with CaptureQueriesContext(connection) as asked:
                rows = read(cut, pks=self.pks)
                expected = list(read._build(pks=self.pks)[cut])
            self.assertEqual(rows, expected)
            first, second = (query["sql"] for query in asked)
            self.assertEqual(first, second)

    def test_nothing_is_compiled_again(self) -> None:
        built = []

        def build(pk: int) -> object:
            built.append(pk)
            return Product.objects.filter(pk=pk)

        read = PreparedRead(build)
        for pk in self.pks:
            self.assertEqual([row.pk for row in read(pk=pk)], [pk])
        self.assertEqual(len(built), 2)  # once, and once more to prove it the same

    def test_an_empty_list_asks_nothing(self) -> None:
        read = PreparedRead(lambda pks: Product.objects.filter(pk__in=pks))
        with self.assertNumQueries(0):
            self.assertEqual(read(pks=[]), [])

    def test_what_changes_by_itself_is_refused(self) -> None:
        read = PreparedRead(
            lambda pk: AuthToken.objects.filter(pk=pk, expiry__gt=timezone.now())
        )
        with self.assertRaisesMessage(ValueError, "cannot be prepared"):
            read(pk=1)

    def test_a_value_that_does_not_arrive_as_it_is_is_refused(self) -> None:
        read = PreparedRead(lambda word: Product.objects.filter(title__contains=word))
        with self.assertRaisesMessage(ValueError, "cannot be prepared"):
            read(word="Film")

    def test_what_takes_more_than_columns_is_refused(self) -> None:
        product = self.products[0]
        for name, build in {
            "prefetching": lambda pk: Product.objects.filter(pk=pk).prefetch_related(
                "variants"
            ),
            "dictionaries": lambda pk: Product.objects.filter(pk=pk).values("pk"),
            "relations of one": lambda pk: product.variants.filter(pk=pk),
        }.items():
            with (
                self.subTest(name),
                self.assertRaisesMessage(ValueError, "cannot be prepared"),
            ):
                PreparedRead(build)(pk=1)


class TogetherTests(TestCase):
    """Reads that do not wait for each other share a trip"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.pks = [product.pk for product in ProductFactory.create_batch(3)]
        cls.slugs = PreparedRead(
            lambda pks: (
                Product.objects.filter(pk__in=pks)
                .order_by("pk")
                .values_list("slug", flat=True)
            )
        )
        cls.rows = PreparedRead(
            lambda slug: Product.objects.select_related("summary").filter(slug=slug)
        )

    def test_rows_are_those_of_each_read(self) -> None:
        many = [*self.pks, *range(2**40, 2**40 + MOST_BOUND)]
        slugs = self.slugs(pks=self.pks)
        with self.assertNumQueries(5):
            found = read_together(
                self.slugs.of(pks=self.pks[1:]),
                self.rows.of(slug=slugs[2]),
                self.slugs.of(pks=[]),
                self.rows.of(slug="nowhere"),
                self.slugs.of(slice(1, 3), pks=self.pks),
                self.slugs.of(slice(0, 1), pks=many),
            )
        products = Product.objects.filter(pk=self.pks[2])
        expected = [slugs[1:], [*products], [], [], slugs[1:3], slugs[:1]]
        self.assertEqual(found, expected)

    def test_they_share_a_trip(self) -> None:
        with mock.patch.object(
            DatabaseWrapper, "_read", autospec=True, side_effect=DatabaseWrapper._read
        ) as trip:
            read_together(self.slugs.of(pks=self.pks), self.slugs.of(pks=self.pks[:1]))
            read_together(self.slugs.of(pks=[]))
            read_together()
        trip.assert_called_once()
