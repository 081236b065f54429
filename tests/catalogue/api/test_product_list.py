from datetime import UTC, datetime
from decimal import Decimal

from django.db import connection
from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from catalogue.models import Product
from catalogue.services import refresh_listings
from partner.services import take_stock, update_partner
from tests.catalogue.factories import (
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    VariantFactory,
)
from tests.custom.caching.kept import SHARED
from tests.partner.factories import PartnerFactory, StockRecordFactory


class ProductListTests(APITestCase):
    """GET /api/product/"""

    url = reverse_lazy("catalogue:product-list")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.acme = PartnerFactory(code="acme")
        cls.alien = cls.make("Alien", "9.90", categories=[cls.drama], year=2001)
        cls.brazil = cls.make(
            "Brazil", "4.50", categories=[cls.war, cls.drama], year=2003
        )
        cls.casablanca = cls.make("Casablanca", None, categories=[cls.war], year=2002)
        ProductFactory(title="Hidden", is_public=False)

    @classmethod
    def make(
        cls, title: str, price: str | None, *, year: int, **fields: object
    ) -> Product:
        product = ProductFactory(title=title, slug=title.lower(), **fields)
        variant = VariantFactory(product=product)
        if price is not None:
            cls.record = StockRecordFactory(
                variant=variant, price=Decimal(price), partner=cls.acme
            )
        created_at = datetime(year, 1, 1, tzinfo=UTC)
        Product.objects.filter(pk=product.pk).update(created_at=created_at)
        refresh_listings([product.pk])
        return product

    def titles(self, **query: object) -> list[str]:
        response = self.client.get(self.url, query)
        self.assertEqual(response.status_code, 200, response.content)
        body = response.json()
        titles = [row["title"] for row in body["results"]]
        self.assertEqual(body["count"], len(titles))
        return titles

    def test_row(self) -> None:
        image = ProductImageFactory(product=self.brazil, alt="Poster", position=1)
        ProductImageFactory(product=self.brazil, position=2)
        VariantFactory(product=self.brazil, is_public=False)
        response = self.client.get(self.url, {"id": self.brazil.pk})
        name = f"http://testserver/media/{image.file.name}"
        rendition = name.replace("/products/", "/renditions/")
        self.assertEqual(
            response.json()["results"],
            [
                {
                    "id": self.brazil.pk,
                    "slug": "brazil",
                    "title": "Brazil",
                    "image": {
                        "id": image.pk,
                        "alt": "Poster",
                        "width": 2,
                        "height": 3,
                        "url": name,
                        "renditions": {
                            "small": f"{rendition}.small.webp",
                            "medium": f"{rendition}.medium.webp",
                            "large": f"{rendition}.large.webp",
                        },
                    },
                    "price_from": "4.50",
                    "compare_at_price": None,
                    "currency": "EUR",
                    "in_stock": True,
                    "rating": None,
                    "variant_count": 1,
                }
            ],
        )
        self.assertEqual(response["Cache-Control"], SHARED)

    def test_row_without_offer_or_picture(self) -> None:
        response = self.client.get(self.url, {"id": self.casablanca.pk})
        (row,) = response.json()["results"]
        self.assertIsNone(row["price_from"])
        self.assertIsNone(row["image"])
        self.assertIs(row["in_stock"], False)

    def test_pictures_are_where_the_row_says(self) -> None:
        ProductImageFactory(product=self.brazil)
        response = self.client.get(self.url, {"id": self.brazil.pk})
        image = response.json()["results"][0]["image"]
        for url in (image["url"], *image["renditions"].values()):
            response = self.client.get(url)
            self.assertEqual(response.status_code, 200)
            self.assertNotEqual(response.getvalue(), b"")

    def test_orders(self) -> None:
        a, b, c = "Alien", "Brazil", "Casablanca"
        for ordering, titles in (
            ("", [a, b, c]),
            ("title", [a, b, c]),
            ("-title", [c, b, a]),
            ("price", [b, a, c]),
            ("-price", [a, b, c]),
            ("newest", [b, c, a]),
            ("-newest", [a, c, b]),
        ):
            with self.subTest(ordering):
                self.assertEqual(self.titles(ordering=ordering), titles)

    def test_category_with_those_below(self) -> None:
        self.assertEqual(
            self.titles(category="drama"), ["Alien", "Brazil", "Casablanca"]
        )
        self.assertEqual(self.titles(category=self.war.pk), ["Brazil", "Casablanca"])

    def test_price_bounds_are_included(self) -> None:
        self.assertEqual(self.titles(price_min="4.50"), ["Alien", "Brazil"])
        self.assertEqual(self.titles(price_min="4.51"), ["Alien"])
        self.assertEqual(self.titles(price_max="4.50"), ["Brazil"])
        self.assertEqual(self.titles(price_max="999999999.999"), ["Alien", "Brazil"])
        self.assertEqual(self.titles(price_min=5, price_max=4), [])
        both = {"price_min": 1, "price_max": 10}
        self.assertEqual(self.titles(ordering="-price", **both), ["Alien", "Brazil"])
        self.assertEqual(self.titles(ordering="price", **both), ["Brazil", "Alien"])

    def test_in_stock(self) -> None:
        take_stock({self.record.pk: 10}, source="order:1")
        self.assertEqual(self.titles(in_stock="true"), ["Alien"])
        self.assertEqual(self.titles(in_stock="false"), ["Brazil", "Casablanca"])

    def test_partner(self) -> None:
        other = StockRecordFactory(variant=self.casablanca.variants.get())
        self.assertEqual(self.titles(partner="acme"), ["Alien", "Brazil"])
        self.assertEqual(self.titles(partner=other.partner.pk), ["Casablanca"])
        update_partner(other.partner_id, is_active=False)
        response = self.client.get(self.url, {"partner": other.partner.pk})
        self.assertEqual(response.status_code, 400)

    def test_filters_together(self) -> None:
        self.assertEqual(
            self.titles(
                category="war",
                partner="acme",
                in_stock="true",
                price_max=5,
                ordering="-price",
                id=f"{self.alien.pk},{self.brazil.pk}",
            ),
            ["Brazil"],
        )

    def test_several_ids(self) -> None:
        ids = f"{self.casablanca.pk},{self.alien.pk},999999"
        self.assertEqual(self.titles(id=ids), ["Alien", "Casablanca"])

    def test_bad_parameters(self) -> None:
        for name, value, code in (
            ("category", "nothing", "does-not-exist"),
            ("category", "100%", "does-not-exist"),
            ("partner", "%(code)s", "does-not-exist"),
            ("partner", "9" * 30, "does-not-exist"),
            ("price_min", "cheap", "invalid"),
            ("price_min", "NaN", "invalid"),
            ("price_min", "-1", "min-value"),
            ("price_max", "1e20", "max-digits"),
            ("price_max", "1.2345", "max-decimal-places"),
            ("in_stock", "yes", "invalid"),
            ("ordering", "rating", "invalid-choice"),
            ("ordering", "title,price", "invalid-choice"),
            ("id", "1,x", "invalid"),
            ("id", "1,", "invalid"),
            ("id", "9" * 30, "invalid"),
            ("id", ",".join(["1"] * 101), "too-many"),
            ("colour", "red", "unknown-parameter"),
            ("fields", "cost", "unknown-field"),
        ):
            with self.subTest(name=name, value=value[:40]):
                response = self.client.get(self.url, {name: value})
                self.assertEqual(response.status_code, 400)
                (error,) = response.json()["errors"]
                self.assertEqual(error["pointer"], f"#/query/{name}")
                self.assertEqual(error["code"], code)

    def test_pages(self) -> None:
        response = self.client.get(self.url, {"page_size": 2, "page": 2})
        body = response.json()
        self.assertEqual([row["title"] for row in body["results"]], ["Casablanca"])
        self.assertEqual(body["count"], 3)
        self.assertEqual(self.client.get(self.url, {"page": 9}).status_code, 404)

    def test_json_and_xml_are_the_same(self) -> None:
        response = self.client.get(self.url, headers={"Accept": "application/xml"})
        for product in (self.alien, self.brazil, self.casablanca):
            self.assertContains(response, f"<title>{product.title}</title>")
        self.assertContains(response, "<price_from>4.50</price_from>")

    def test_queries_do_not_grow_with_rows(self) -> None:
        def grow(number: int) -> None:
            for _ in range(number):
                product = ProductFactory(categories=[self.war])
                ProductImageFactory(product=product)
                for _ in range(2):
                    VariantFactory(product=product)

        query = {
            "category": "drama",
            "price_max": 20,
            "ordering": "price",
            "page_size": 100,
        }
        for rows, number in ((1, 1), (20, 19), (100, 80)):
            grow(number)
            with self.subTest(rows):
                # Number of products, their ids, rows.
                with self.assertNumQueries(3):
                    self.client.get(self.url, {"page_size": rows})
                # The category first.
                with self.assertNumQueries(4):
                    self.client.get(self.url, query)

    def test_an_index_answers_every_list(self) -> None:
        for query, index in (
            ({}, "listing_title"),
            ({"ordering": "-title"}, "listing_title"),
            ({"ordering": "price"}, "listing_rank"),
            ({"ordering": "-price"}, "listing_price"),
            ({"ordering": "newest"}, "listing_age"),
            ({"category": "drama", "ordering": "-newest"}, "listing_age"),
        ):
            with self.subTest(query):
                with self.assertNumQueries(3 + ("category" in query)) as captured:
                    self.client.get(self.url, query)
                (page,) = [
                    row["sql"]
                    for row in captured.captured_queries
                    if "FROM `catalogue_productlisting`" in row["sql"]
                ]
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN {page}")
                    columns = [column[0] for column in cursor.description]
                    (plan,) = (
                        dict(zip(columns, row, strict=True))
                        for row in cursor.fetchall()
                    )
                self.assertEqual(plan["key"], index)
                self.assertNotIn("filesort", plan["Extra"])
                self.assertIn("Using index", plan["Extra"])
