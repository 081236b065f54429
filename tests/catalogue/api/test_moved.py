from django.urls import reverse
from rest_framework.test import APITestCase

from catalogue.models import Product
from catalogue.services import (
    delete_category,
    move_category,
    update_category,
    update_product,
)
from tests.catalogue.factories import CategoryFactory, ProductFactory
from tests.reviews.factories import ReviewFactory
from tests.users.factories import UserFactory


class MovedTestCase(APITestCase):
    """Answers at slugs that rows once had."""

    def assert_moved(
        self, url: str, location: str, *, status: int = 301, method: str = "GET"
    ) -> None:
        response = self.client.generic(
            method, url, '{"rating": 5}', content_type="application/json"
        )
        self.assertEqual(response.status_code, status)
        self.assertEqual(response["Location"], location)
        self.assertEqual(response["Cache-Control"], "no-cache")
        body = response.json()
        body.pop("request_id")
        self.assertEqual(
            body,
            {
                "type": "urn:shop:problem:moved",
                "title": "Moved",
                "status": status,
                "detail": f"This is now at {location}.",
                "code": "moved",
            },
        )

    def assert_gone(self, url: str, **extra: object) -> None:
        response = self.client.get(url)
        self.assertEqual(response.status_code, 410)
        self.assertEqual(response["Cache-Control"], "private, no-store")
        body = response.json()
        body.pop("request_id")
        detail = body.pop("detail")
        self.assertIn("is no more", detail)
        self.assertEqual(
            body,
            {
                "type": "urn:shop:problem:gone",
                "title": "Gone",
                "status": 410,
                "code": "gone",
            }
            | extra,
        )

    def assert_missing(self, url: str) -> None:
        response = self.client.get(url)
        self.assertEqual(
            (response.status_code, response.json()["code"]), (404, "not-found")
        )


class MovedProductTests(MovedTestCase):
    """GET /api/product/{slug}/ and below, at a former slug"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.alien = ProductFactory(slug="alien")
        cls.other = ProductFactory(slug="other")
        update_product(cls.alien.pk, slug="alien-1979")

    @staticmethod
    def url(key: object) -> str:
        return reverse("catalogue:product-detail", args=[key])

    def test_former_slug(self) -> None:
        self.assert_moved(self.url("alien"), "/api/product/alien-1979/")
        self.assertEqual(self.client.get(self.url("alien-1979")).status_code, 200)

    def test_query_is_kept(self) -> None:
        query = "?fields=id,title&utm_source=a%20b"
        self.assert_moved(self.url("alien") + query, f"/api/product/alien-1979/{query}")

    def test_xml(self) -> None:
        response = self.client.get(self.url("alien"), {"format": "xml"})
        self.assertEqual(response.status_code, 301)
        self.assertEqual(response["Location"], "/api/product/alien-1979/?format=xml")
        self.assertEqual(
            response["Content-Type"], "application/problem+xml; charset=utf-8"
        )
        self.assertContains(response, "<code>moved</code>", status_code=301)

    def test_clients_arrive(self) -> None:
        sent = self.client.get(self.url("alien"), {"format": "xml", "fields": "slug"})
        response = self.client.get(sent["Location"])
        self.assertContains(response, "<root><slug>alien-1979</slug></root>")

    def test_below_it(self) -> None:
        ReviewFactory(product=self.alien)
        self.assert_moved(
            "/api/product/alien/review/?page=1",
            "/api/product/alien-1979/review/?page=1",
        )

    def test_other_methods_keep_method_and_body(self) -> None:
        self.client.force_authenticate(UserFactory())
        self.assert_moved(
            "/api/product/alien/review/",
            "/api/product/alien-1979/review/",
            status=308,
            method="POST",
        )

    def test_there_and_back(self) -> None:
        update_product(self.alien.pk, slug="alien")
        self.assertEqual(self.client.get(self.url("alien")).status_code, 200)
        self.assert_moved(self.url("alien-1979"), "/api/product/alien/")

    def test_every_former_slug_leads_to_the_present_one(self) -> None:
        for slug in ("b", "c", "alien", "d"):
            update_product(self.alien.pk, slug=slug)
        for slug in ("alien", "alien-1979", "b", "c"):
            self.assert_moved(self.url(slug), "/api/product/d/")

    def test_slug_of_another_wins(self) -> None:
        update_product(self.other.pk, slug="alien")
        response = self.client.get(self.url("alien"))
        self.assertEqual(response.json()["id"], self.other.pk)
        self.assert_moved(self.url("other"), "/api/product/alien/")
        update_product(self.other.pk, slug="other")
        self.assert_moved(self.url("alien"), "/api/product/other/")

    def test_saved_without_a_service(self) -> None:
        self.alien.refresh_from_db()
        self.alien.slug = "alien-one"
        self.alien.save(update_fields=["slug"])
        self.assert_moved(self.url("alien-1979"), "/api/product/alien-one/")

    def test_deleted(self) -> None:
        Product.objects.filter(pk=self.alien.pk).delete()
        for slug in ("alien", "alien-1979"):
            self.assert_gone(self.url(slug))
        self.assert_gone("/api/product/alien/review/")
        self.assert_missing(self.url(self.alien.pk))
        again = ProductFactory(slug="alien")
        response = self.client.get(self.url("alien"))
        self.assertEqual(response.json()["id"], again.pk)

    def test_deleted_in_xml(self) -> None:
        self.alien.delete()
        response = self.client.get(self.url("alien"), {"format": "xml"})
        self.assertContains(response, "<code>gone</code>", status_code=410)

    def test_hidden(self) -> None:
        update_product(self.alien.pk, is_public=False)
        for slug in ("alien", "alien-1979"):
            self.assert_missing(self.url(slug))

    def test_unknown(self) -> None:
        for key in ("nothing", "9999", "ALIEN"):
            self.assert_missing(self.url(key))

    def test_query_counts(self) -> None:
        for key, queries in (("alien", 3), ("nothing", 2)):
            with self.subTest(key), self.assertNumQueries(queries):
                self.client.get(self.url(key))
        self.alien.delete()
        with self.assertNumQueries(4):
            self.client.get(self.url("alien"))


class MovedCategoryTests(MovedTestCase):
    """GET /api/category/{slug}/ at a former slug, and former slugs as filters"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.product = ProductFactory(categories=[cls.war])
        update_category(cls.war, slug="battles")

    @staticmethod
    def url(key: object) -> str:
        return reverse("catalogue:category-detail", args=[key])

    def test_former_slug(self) -> None:
        self.assert_moved(
            self.url("war") + "?depth=1", "/api/category/battles/?depth=1"
        )

    def test_there_and_back(self) -> None:
        update_category(self.war, slug="war")
        self.assertEqual(self.client.get(self.url("war")).status_code, 200)
        self.assert_moved(self.url("battles"), "/api/category/war/")

    def test_slug_of_another_wins(self) -> None:
        other = CategoryFactory(name="New", slug="war")
        self.assertEqual(self.client.get(self.url("war")).json()["id"], other.pk)

    def test_a_move_keeps_the_address(self) -> None:
        move_category(self.war, parent=None)
        self.assertEqual(self.client.get(self.url("battles")).status_code, 200)

    def test_deleted(self) -> None:
        delete_category(self.war)
        instead = {
            "id": self.drama.pk,
            "slug": "drama",
            "name": "Drama",
            "location": "/api/category/drama/",
        }
        for slug in ("war", "battles"):
            self.assert_gone(self.url(slug), instead=instead)
        self.assert_missing(self.url(self.war.pk))

    def test_deleted_with_its_parent(self) -> None:
        naval = CategoryFactory(name="Naval", parent=self.war)
        delete_category(naval)
        delete_category(self.war)
        body = self.client.get(self.url("naval")).json()
        self.assertEqual(body["instead"]["slug"], "drama")
        update_category(self.drama, is_public=False)
        self.assert_gone(self.url("naval"), instead=None)
        delete_category(self.drama)
        self.assert_gone(self.url("naval"), instead=None)

    def test_hidden(self) -> None:
        update_category(self.drama, is_public=False)
        for slug in ("war", "battles"):
            self.assert_missing(self.url(slug))

    def test_query_counts(self) -> None:
        for key, queries in (("war", 3), ("nothing", 2)):
            with self.subTest(key), self.assertNumQueries(queries):
                self.client.get(self.url(key))

    def test_filter_of_the_product_list(self) -> None:
        url = reverse("catalogue:product-list")
        for slug in ("war", "battles"):
            body = self.client.get(url, {"category": slug}).json()
            self.assertEqual([row["id"] for row in body["results"]], [self.product.pk])
        delete_category(self.war)
        for slug in ("war", "battles"):
            response = self.client.get(url, {"category": slug})
            self.assertEqual(response.status_code, 400)
            self.assertEqual(
                response.json()["errors"],
                [
                    {
                        "pointer": "#/query/category",
                        "code": "does-not-exist",
                        "detail": f"There is no {slug}.",
                    }
                ],
            )

    def test_parent_of_the_category_list(self) -> None:
        CategoryFactory(name="Naval", parent=self.war)
        url = reverse("catalogue:category-list")
        body = self.client.get(url, {"parent": "war"}).json()
        self.assertEqual(
            [row["path"] for row in body["results"]], ["drama/battles/naval"]
        )
