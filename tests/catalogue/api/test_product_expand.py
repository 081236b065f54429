from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse, reverse_lazy
from rest_framework.test import APITestCase

from catalogue.services import update_category
from reviews.models import Review
from script.lib.breaking import resolve
from shop.api.views import build_schema
from tests.catalogue.factories import (
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    VariantFactory,
)
from tests.partner.factories import PartnerFactory, StockRecordFactory
from tests.reviews.factories import ReviewFactory

ALL = "categories,partner,reviews"


class ProductExpandTests(APITestCase):
    """``?expand=`` of products"""

    url = reverse_lazy("catalogue:product-list")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.alien = ProductFactory(title="Alien", categories=[cls.war, cls.drama])
        cls.brazil = ProductFactory(title="Brazil")
        variant = VariantFactory(product=cls.alien)
        cls.acme = PartnerFactory(name="Acme")
        StockRecordFactory(variant=variant, price=9, partner=cls.acme)
        StockRecordFactory(variant=variant, price=10)
        for _ in range(5):
            ReviewFactory(product=cls.alien, state=Review.State.PUBLISHED)
        ReviewFactory(product=cls.alien, state=Review.State.PENDING)

    def expected(self) -> dict[str, object]:
        reviews = reverse("reviews:review-list", args=[self.alien.pk])
        return {
            "categories": [
                {
                    "id": self.drama.pk,
                    "slug": "drama",
                    "name": "Drama",
                    "level": 0,
                    "path": "drama",
                },
                {
                    "id": self.war.pk,
                    "slug": "war",
                    "name": "War",
                    "level": 1,
                    "path": "drama/war",
                },
            ],
            "partner": {"id": self.acme.pk, "name": "Acme"},
            "reviews": self.client.get(reviews).json()["results"][:3],
        }

    def test_rows_of_a_list(self) -> None:
        plain = self.client.get(self.url).json()["results"]
        rows = self.client.get(self.url, {"expand": ALL}).json()["results"]
        nothing = {"categories": [], "partner": None, "reviews": []}
        self.assertEqual(rows, [plain[0] | self.expected(), plain[1] | nothing])
        self.assertEqual(len(rows[0]["reviews"]), 3)

    def test_detail(self) -> None:
        url = f"{self.url}{self.alien.pk}/"
        plain = self.client.get(url).json()
        body = self.client.get(url, {"expand": ALL}).json()
        self.assertEqual(body, plain | self.expected())

    def test_changes(self) -> None:
        query = {"updated_since": "0", "expand": "partner", "fields": "id,partner"}
        body = self.client.get(self.url, query).json()
        self.assertIn("synced_at", body)

    def test_with_fields(self) -> None:
        for path in (self.url, f"{self.url}{self.alien.pk}/"):
            query = {"fields": "partner,title", "expand": "partner,reviews"}
            body = self.client.get(path, query).json()
            row = body["results"][0] if "results" in body else body
            partner = {"id": self.acme.pk, "name": "Acme"}
            self.assertEqual(row, {"title": "Alien", "partner": partner})
            body = self.client.get(path, query | {"fields": "reviews"}).json()
            row = body["results"][0] if "results" in body else body
            self.assertEqual(row, {"reviews": self.expected()["reviews"]})

    def test_hidden_categories_stay_hidden(self) -> None:
        update_category(self.drama, is_public=False)
        query = {"expand": "categories", "fields": "categories"}
        rows = self.client.get(self.url, query).json()["results"]
        self.assertEqual(rows, [{"categories": []}] * 2)

    def test_unknown_names(self) -> None:
        for path in (self.url, f"{self.url}{self.alien.pk}/"):
            for names in ("price", "partner,price", "reviews.author", "partner,"):
                with self.subTest(path=path, names=names):
                    response = self.client.get(path, {"expand": names})
                    self.assertEqual(response.status_code, 400)
                    (error,) = response.json()["errors"]
                    self.assertEqual(error["pointer"], "#/query/expand")
                    self.assertEqual(error["code"], "unknown-expansion")
                    known = "Choose of: categories, partner, reviews."
                    self.assertIn(known, error["detail"])

    def test_names_may_be_repeated_parameters(self) -> None:
        for path in (self.url, f"{self.url}{self.alien.pk}/"):
            together = self.client.get(path, {"expand": "partner,reviews"})
            apart = self.client.get(path, {"expand": ["partner", "", "reviews"]})
            self.assertEqual(apart.json(), together.json())
            self.assertEqual(
                self.client.get(path, {"expand": ["", ""]}).status_code, 200
            )

    def test_a_relation_may_be_shown_in_part(self) -> None:
        query = {"fields": "partner.name", "expand": "partner"}
        body = self.client.get(f"{self.url}{self.alien.pk}/", query).json()
        self.assertEqual([*body], ["partner"])
        self.assertEqual([*body["partner"]], ["name"])
        query = {"fields": "categories.path", "expand": "categories"}
        body = self.client.get(f"{self.url}{self.alien.pk}/", query).json()
        self.assertEqual({*body["categories"][0]}, {"path"})

    def test_what_a_relation_has_not(self) -> None:
        for path in (self.url, f"{self.url}{self.alien.pk}/"):
            for names in ("partner.code", "reviews.rating", "partner/id"):
                answer = self.client.get(path, {"fields": names, "expand": "partner"})
                self.assertEqual(answer.status_code, 400)
                (error,) = answer.json()["errors"]
                told = (error["pointer"], error["code"])
                self.assertEqual(told, ("#/query/fields", "unknown-field"))

    def test_the_document_names_what_may_be_added(self) -> None:
        document = build_schema("1")
        for path in ("", "{key}/", "{key}/related/"):
            operation = document["paths"][f"/api/product/{path}"]["get"]
            (found,) = (e for e in operation["parameters"] if e.get("name") == "expand")
            names = resolve(found["schema"]["items"], document)["enum"]
            self.assertEqual(names, ALL.split(","))
            self.assertEqual((found["style"], found["explode"]), ("form", False))

    def test_a_field_that_is_not_expanded_is_unknown(self) -> None:
        query = {"fields": "title,partner", "expand": "reviews"}
        response = self.client.get(self.url, query)
        self.assertEqual(response.status_code, 400)
        (error,) = response.json()["errors"]
        self.assertEqual(error["pointer"], "#/query/fields")
        self.assertIn("Choose of: id, slug, title, image", error["detail"])

    def test_other_pages_take_no_expansion(self) -> None:
        response = self.client.get("/api/category/", {"expand": "parent"})
        self.assertEqual(response.status_code, 400)
        self.assertEqual(response.json()["errors"][0]["code"], "unknown-parameter")

    def test_queries_of_a_page_do_not_grow_with_what_it_shows(self) -> None:
        url = f"{self.url}{self.alien.pk}/"
        self.client.get(url)  # what is read once and kept
        counts = []
        for number in (1, 5):
            for _ in range(number):
                ReviewFactory(product=self.alien, state=Review.State.PUBLISHED)
                StockRecordFactory(variant=VariantFactory(product=self.alien))
            self.alien.categories.set(CategoryFactory() for _ in range(number))
            for names in ("", *ALL.split(","), ALL):
                with CaptureQueriesContext(connection) as queries:
                    self.client.get(url, {"expand": names})
                counts.append(len(queries))
        self.assertEqual(counts[:5], counts[5:])

    def test_queries_do_not_grow_with_rows(self) -> None:
        for number in (1, 5, 25):
            for _ in range(number):
                product = ProductFactory(categories=[self.war])
                ProductImageFactory(product=product)
                StockRecordFactory(variant=VariantFactory(product=product))
                ReviewFactory(product=product, state=Review.State.PUBLISHED)
            query = {"page_size": 100}
            for names, queries in (
                ("", 3),
                ("categories", 5),
                ("partner", 5),
                ("reviews", 4),
                (ALL, 8),
            ):
                told = self.subTest(number=number, names=names)
                with told, self.assertNumQueries(queries):
                    self.client.get(self.url, query | {"expand": names})
