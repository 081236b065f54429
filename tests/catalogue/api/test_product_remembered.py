"""Product pages name categories and attributes that a process remembers."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.test import TestCase, override_settings

from catalogue.models import Category, Product, ProductType
from catalogue.services import (
    create_category,
    move_category,
    update_category,
    update_product,
)
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    ProductFactory,
    ProductTypeFactory,
)
from tests.custom.caching.kept import KeptPages, remembering

WHOLE = 7  # product, pictures, categories, variants, definitions, offers, lowest prices
KNOWN = 5  # without categories and definitions


class RememberedTests(KeptPages, TestCase):
    """Products of one type, in categories that are shown and others"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.kind = ProductTypeFactory()
        cls.colour = AttributeDefinitionFactory(product_type=cls.kind, code="colour")
        cls.top = create_category(name="Films")
        cls.drama = create_category(name="Drama", parent=cls.top)
        cls.crime = create_category(name="Crime", parent=cls.top)
        cls.vault = create_category(name="Attic", is_public=False)
        cls.below = create_category(name="Below", parent=cls.vault)
        everywhere = [cls.below, cls.drama, cls.vault, cls.top, cls.crime]
        cls.product = cls.make(everywhere)
        cls.other = cls.make(everywhere[::-1])

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(override_settings(CACHE_PAGES=False))

    @classmethod
    def make(
        cls, categories: list[Category], kind: ProductType | None = None
    ) -> Product:
        product: Product = ProductFactory(product_type=kind or cls.kind)
        update_product(product.pk, categories=categories, attributes={"colour": "red"})
        return product

    def page(self, product: Product, queries: int, **query: str) -> dict[str, Any]:
        """Return what is shown of a product, read by a number of queries."""
        with self.assertNumQueries(queries):
            answer = self.client.get(f"/api/product/{product.pk}/", query)
        shown: dict[str, Any] = answer.json()
        return shown

    def names(self, product: Product, queries: int) -> list[str]:
        shown = self.page(product, queries)["categories"]
        return [category["name"] for category in shown]

    def write(self, write: Callable[[], object]) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            write()

    def test_the_next_page_reads_neither(self) -> None:
        first = self.page(self.product, WHOLE)
        second = self.page(self.other, KNOWN)
        self.assertEqual(first["categories"], second["categories"])
        self.assertEqual(first["attributes"], second["attributes"])
        self.assertEqual(self.page(self.product, KNOWN), first)

    def test_those_anyone_may_see_are_shown_in_tree_order(self) -> None:
        for queries in (WHOLE, KNOWN):
            self.assertEqual(
                self.names(self.product, queries), ["Films", "Crime", "Drama"]
            )
        (first, *_) = self.page(self.other, KNOWN)["categories"]
        self.assertEqual(
            first, {"id": self.top.pk, "slug": self.top.slug, "name": "Films"}
        )

    def test_only_what_is_not_known_yet_is_read(self) -> None:
        third = self.make([self.drama])
        another = self.make([self.drama], kind=self.other_kind())
        nowhere = self.make([])
        self.assertEqual(self.names(third, WHOLE), ["Drama"])
        self.assertEqual(self.names(another, KNOWN + 1), ["Drama"])
        self.assertEqual(
            self.names(self.product, KNOWN + 1), ["Films", "Crime", "Drama"]
        )
        self.assertEqual(self.names(nowhere, KNOWN), [])

    def other_kind(self) -> ProductType:
        kind: ProductType = ProductTypeFactory()
        AttributeDefinitionFactory(product_type=kind, code="colour")
        return kind

    def test_what_is_not_wanted_is_not_taken_for_read(self) -> None:
        self.page(self.product, 1, fields="title")
        self.page(self.product, 2, fields="categories")
        self.page(self.product, 2, fields="attributes")
        self.assertEqual(self.names(self.product, KNOWN), ["Films", "Crime", "Drama"])

    def test_categories_that_change(self) -> None:
        for write, names in (
            (lambda: update_category(self.drama, name="A"), ["Films", "A", "Crime"]),
            (lambda: update_category(self.crime, is_public=False), ["Films", "A"]),
            (lambda: move_category(self.drama, parent=None), ["A", "Films"]),
            (lambda: move_category(self.drama, parent=self.vault), ["Films"]),
            (
                lambda: update_category(self.vault, is_public=True),
                ["Attic", "A", "Below", "Films"],
            ),
        ):
            with self.subTest(names=names):
                self.names(self.product, WHOLE)
                self.write(write)
                self.assertEqual(self.names(self.product, WHOLE), names)
                self.assertEqual(self.names(self.other, KNOWN), names)
                self.write(lambda: update_product(self.other.pk, title="Again"))

    def test_a_product_that_moves_alone(self) -> None:
        """Where products are is nothing that is remembered."""
        self.names(self.product, WHOLE)
        update_product(self.product.pk, categories=[self.drama])  # is told later
        self.assertEqual(self.names(self.product, KNOWN), ["Drama"])

    def test_definitions_that_change(self) -> None:
        def attributes(queries: int) -> list[str]:
            return [
                each["name"] for each in self.page(self.product, queries)["attributes"]
            ]

        def rename() -> None:
            self.colour.name = "Tint"
            self.colour.save()

        self.assertEqual(attributes(WHOLE), [self.colour.name])
        self.write(rename)
        self.assertEqual([attributes(WHOLE), attributes(KNOWN)], [["Tint"]] * 2)
        self.write(self.colour.delete)
        self.assertEqual([attributes(WHOLE), attributes(KNOWN)], [[], []])

    def test_nothing_within_a_transaction(self) -> None:
        self.names(self.product, WHOLE)
        with remembering(False):
            self.names(self.product, WHOLE)
            Category.objects.filter(pk=self.drama.pk).update(name="Never committed")
            self.assertIn("Never committed", self.names(self.product, WHOLE))
        self.assertIn("Drama", self.names(self.product, KNOWN))

    def test_nothing_without_redis(self) -> None:
        nowhere = settings.RATE_STORE | {"URL": "redis://127.0.0.1:1/0"}
        with override_settings(RATE_STORE=nowhere):
            for _ in range(2):
                self.names(self.product, WHOLE)
