from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalogue.models import Product
from custom.prepared import PreparedRead
from tests.catalogue.factories import ProductFactory
from users.models import AuthToken


class PreparedReadTests(TestCase):
    """A read that is compiled once answers as its queryset does."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.products = ProductFactory.create_batch(3)
        cls.pks = [product.pk for product in cls.products]

    def test_rows_are_those_of_the_queryset(self) -> None:
        read = PreparedRead(
            lambda pks: (
                Product.objects.for_list()
                .prefetch_related(None)
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

    def test_values_and_texts(self) -> None:
        read = PreparedRead(
            lambda slug: Product.objects.filter(slug=slug).values_list(
                "pk", "title", named=True
            )
        )
        for product in self.products:
            (row,) = read(slug=product.slug)
            self.assertEqual((row.pk, row.title), (product.pk, product.title))
        self.assertEqual(read(slug="a' OR 1=1 -- "), [])

    def test_cut(self) -> None:
        read = PreparedRead(
            lambda pks: Product.objects.filter(pk__in=pks).order_by("pk").values("pk")
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

    def test_prefetching_is_refused(self) -> None:
        read = PreparedRead(
            lambda pk: Product.objects.filter(pk=pk).prefetch_related("variants")
        )
        with self.assertRaisesMessage(ValueError, "cannot be prepared"):
            read(pk=1)
