from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APITestCase

from catalogue.models import AttributeDefinition, Product, RelatedProduct
from catalogue.services import (
    NewDefinition,
    NewProduct,
    NewVariant,
    create_product_type,
    create_products,
    relate_products,
    update_product,
)
from partner.services import take_stock
from tests.catalogue.factories import CategoryFactory, ProductImageFactory
from tests.partner.factories import StockRecordFactory

Kind = AttributeDefinition.Kind


class ProductRelatedTests(APITestCase):
    """GET /api/product/{id or slug}/related/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.film = create_product_type(
            code="film",
            name="Film",
            definitions=[
                NewDefinition(code="genre", name="G", kind=Kind.TEXT, is_facet=True),
                NewDefinition(code="director", name="D", kind=Kind.TEXT, is_facet=True),
                NewDefinition(code="studio", name="S", kind=Kind.TEXT),
            ],
        )
        cls.space, cls.crime = (CategoryFactory(name=n) for n in ("Space", "Crime"))
        cls.alien = cls.make("Alien", cls.space, genre="horror", director="Scott")
        cls.other = cls.make("Blade", cls.crime, genre="noir", director="Scott")
        cls.near = cls.make("Cube", cls.space, price=11, genre="sf", studio="Fox")
        cls.far = cls.make("Dune", cls.space, price=40, genre="sf")
        cls.twin = cls.make("Event", cls.space, genre="horror", director="Scott")
        cls.strange = cls.make("Fargo", cls.crime, genre="crime")
        cls.gone = cls.make("Gravity", cls.space, genre="horror")
        take_stock({cls.gone.variants.get().stock_records.get().pk: 10}, source="o:1")

    @classmethod
    def make(
        cls, title: str, category: object, price: int = 10, **said: str
    ) -> Product:
        new = NewProduct(
            title=title,
            categories=[category],
            attributes=said,
            variants=[NewVariant(sku=title)],
        )
        (product,) = create_products([new], product_type=cls.film)
        StockRecordFactory(variant=product.variants.get(), price=price)
        return product

    def related(self, key: object, **query: object) -> list[dict[str, object]]:
        url = reverse("catalogue:product-related", args=[key])
        response = self.client.get(url, query)
        self.assertEqual(response.status_code, 200, response.content)
        self.assertEqual(list(response.json()), ["results"])
        rows: list[dict[str, object]] = response.json()["results"]
        return rows

    def titles(self) -> list[object]:
        return [row["title"] for row in self.related(self.alien.pk)]

    def test_what_is_most_alike_comes_first(self) -> None:
        self.assertEqual(self.titles(), ["Event", "Blade", "Cube", "Dune"])

    def test_rows_are_those_of_lists(self) -> None:
        (row, *_) = self.related(self.alien.slug)
        listed = self.client.get("/api/product/", {"id": self.twin.pk}).json()
        self.assertEqual([row], listed["results"])
        rows = self.related(self.alien.pk, fields="id,partner", expand="partner")
        self.assertEqual(rows[0].keys(), {"id", "partner"})

    def test_what_staff_chose_comes_before_it(self) -> None:
        relate_products(self.alien.pk, [self.gone.pk, self.strange.pk])
        chosen = ["Gravity", "Fargo"]  # in stock or not
        self.assertEqual(self.titles(), [*chosen, "Event", "Blade", "Cube", "Dune"])
        relate_products(self.alien.pk, [self.strange.pk, self.twin.pk])
        chosen = ["Fargo", "Event"]
        self.assertEqual(self.titles(), [*chosen, "Blade", "Cube", "Dune"])
        update_product(self.strange.pk, is_public=False)
        self.assertEqual(self.titles()[0], "Event")
        relate_products(self.alien.pk, [])
        self.assertEqual(RelatedProduct.objects.count(), 0)

    def test_a_choice_is_another_product_once(self) -> None:
        for wrong in ([self.alien.pk], [self.twin.pk, self.twin.pk]):
            with self.subTest(wrong), self.assertRaises(IntegrityError):
                relate_products(self.alien.pk, wrong)

    def test_at_most_twelve(self) -> None:
        made = [self.make(f"Film {n:02}", self.crime) for n in range(14)]
        relate_products(self.alien.pk, [row.pk for row in made])
        self.assertEqual(self.titles(), [f"Film {n:02}" for n in range(12)])
        relate_products(self.alien.pk, [made[0].pk])
        for n in range(14):
            self.make(f"More {n:02}", self.space)
        self.assertEqual(len(self.related(self.alien.pk)), 12)

    def test_alone(self) -> None:
        lonely = self.make("Lonely", CategoryFactory(name="Empty"))
        self.assertEqual(self.related(lonely.pk), [])

    def test_what_nobody_may_see(self) -> None:
        update_product(self.alien.pk, is_public=False)
        for key in (self.alien.pk, "nothing-like-it", "9" * 30):
            url = reverse("catalogue:product-related", args=[key])
            self.assertEqual(self.client.get(url).status_code, 404)

    def test_bad_parameters(self) -> None:
        url = reverse("catalogue:product-related", args=[self.alien.pk])
        for name in ("page", "ordering", "attr.genre"):
            response = self.client.get(url, {name: "1"})
            self.assertEqual(response.status_code, 400)
            (error,) = response.json()["errors"]
            self.assertEqual(error["pointer"], f"#/query/{name}")

    def test_queries_do_not_grow_with_products(self) -> None:
        relate_products(self.alien.pk, [self.strange.pk])
        url = reverse("catalogue:product-related", args=[self.alien.pk])
        for number in (1, 5, 25):
            for n in range(number):
                product = self.make(f"{number}-{n}", self.space, genre="horror")
                ProductImageFactory(product=product)
            # The product; chosen; values, price, candidates, shared values, prices;
            # rows.
            with self.subTest(number), self.assertNumQueries(8):
                self.client.get(url)

    def test_an_index_finds_the_candidates(self) -> None:
        with CaptureQueriesContext(connection) as captured:
            self.related(self.alien.pk)
        (union,) = [
            each["sql"] for each in captured.captured_queries if "UNION" in each["sql"]
        ]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {union}")
            columns = [column[0] for column in cursor.description]
            plan = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        for row in plan[:2]:  # dearer and cheaper ones of the category
            self.assertEqual(row["key"], "listing_stock")
            self.assertNotIn("filesort", row["Extra"])
        self.assertTrue(all(row["key"] for row in plan if row["id"] is not None))
