from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from catalogue.services import update_category
from tests.catalogue.factories import CategoryFactory, ProductFactory
from tests.custom.caching.kept import SHARED


class CategoryListTests(APITestCase):
    """GET /api/category/"""

    url = reverse_lazy("catalogue:category-list")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.naval = CategoryFactory(name="Naval 🚢", parent=cls.war)
        cls.comedy = CategoryFactory(name="Comedy")
        ProductFactory(categories=[cls.naval, cls.war])
        ProductFactory(categories=[cls.drama])
        ProductFactory(categories=[cls.naval], is_public=False)

    def test_whole_tree(self) -> None:
        response = self.client.get(self.url)
        self.assertEqual(response.status_code, 200)
        naval = {
            "id": self.naval.pk,
            "name": "Naval 🚢",
            "slug": "naval",
            "path": "drama/war/naval",
            "level": 2,
            "product_count": 1,
            "children": [],
        }
        war = {
            "id": self.war.pk,
            "name": "War",
            "slug": "war",
            "path": "drama/war",
            "level": 1,
            "product_count": 1,
            "children": [naval],
        }
        drama = {
            "id": self.drama.pk,
            "name": "Drama",
            "slug": "drama",
            "path": "drama",
            "level": 0,
            "product_count": 2,
            "children": [war],
        }
        comedy = {
            "id": self.comedy.pk,
            "name": "Comedy",
            "slug": "comedy",
            "path": "comedy",
            "level": 0,
            "product_count": 0,
            "children": [],
        }
        self.assertEqual(
            response.json(),
            {"count": 2, "next": None, "previous": None, "results": [comedy, drama]},
        )
        self.assertEqual(response["Cache-Control"], SHARED)

    def test_depth(self) -> None:
        for depth, levels in (("1", 1), ("2", 2), ("99", 3), ("9999", 3)):
            with self.subTest(depth):
                results = self.client.get(self.url, {"depth": depth}).json()["results"]
                found, nodes = 0, results
                while nodes:
                    found += 1
                    nodes = [child for node in nodes for child in node["children"]]
                self.assertEqual(found, levels)

    def test_parent(self) -> None:
        for key in (self.drama.pk, "drama"):
            response = self.client.get(self.url, {"parent": key})
            (war,) = response.json()["results"]
            self.assertEqual((war["slug"], war["path"]), ("war", "drama/war"))
            self.assertEqual(war["children"][0]["path"], "drama/war/naval")

    def test_hidden_category_hides_all_below_it(self) -> None:
        update_category(self.war, is_public=False)
        (_comedy, drama) = self.client.get(self.url).json()["results"]
        self.assertEqual(drama["children"], [])
        detail = reverse_lazy("catalogue:category-detail", args=["naval"])
        self.assertEqual(self.client.get(detail).status_code, 404)
        response = self.client.get(self.url, {"parent": "naval"})
        self.assertEqual(response.status_code, 400)

    def test_bad_parameters(self) -> None:
        for name, value, code in (
            ("depth", "0", "invalid"),
            ("depth", "-1", "invalid"),
            ("depth", "two", "invalid"),
            ("parent", "nothing", "does-not-exist"),
            ("parent", "9" * 30, "does-not-exist"),
            ("deep", "1", "unknown-parameter"),
        ):
            with self.subTest(name=name, value=value):
                response = self.client.get(self.url, {name: value})
                self.assertEqual(response.status_code, 400)
                (error,) = response.json()["errors"]
                self.assertEqual(error["pointer"], f"#/query/{name}")
                self.assertEqual(error["code"], code)

    def test_fields_apply_to_every_level(self) -> None:
        response = self.client.get(self.url, {"fields": "slug,children"})
        self.assertEqual(
            response.json()["results"],
            [
                {"slug": "comedy", "children": []},
                {
                    "slug": "drama",
                    "children": [
                        {
                            "slug": "war",
                            "children": [{"slug": "naval", "children": []}],
                        }
                    ],
                },
            ],
        )

    def test_query_count_does_not_grow(self) -> None:
        # Tops, those below them, numbers of products.
        with self.assertNumQueries(3):
            self.client.get(self.url)
        for _ in range(5):
            top = CategoryFactory()
            for _ in range(3):
                CategoryFactory(parent=CategoryFactory(parent=top))
        with self.assertNumQueries(3):
            response = self.client.get(self.url)
        self.assertEqual(response.json()["count"], 7)

    def test_xml(self) -> None:
        response = self.client.get(self.url, headers={"Accept": "application/xml"})
        self.assertContains(response, "<path>drama/war/naval</path>")


class CategoryDetailTests(APITestCase):
    """GET /api/category/{id or slug}/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.war = CategoryFactory(name="War", parent=cls.drama)
        cls.naval = CategoryFactory(name="Naval", parent=cls.war)

    def get(self, key: object, **query: object) -> dict[str, object]:
        url = reverse_lazy("catalogue:category-detail", args=[key])
        response = self.client.get(url, query)
        self.assertEqual(response.status_code, 200)
        return response.json()

    def test_id_and_slug(self) -> None:
        by_id, by_slug = self.get(self.war.pk), self.get("war")
        self.assertEqual(by_id, by_slug)
        self.assertEqual((by_id["path"], by_id["level"]), ("drama/war", 1))
        self.assertEqual(by_id["children"][0]["path"], "drama/war/naval")

    def test_depth(self) -> None:
        self.assertEqual(self.get("drama", depth=2)["children"][0]["children"], [])

    def test_missing(self) -> None:
        for key in ("nothing", "0", "9" * 30, "WAR", "٣"):
            with self.subTest(key):
                url = reverse_lazy("catalogue:category-detail", args=[key])
                response = self.client.get(url)
                self.assertEqual(response.status_code, 404)
                self.assertEqual(response.json()["code"], "not-found")

    def test_parent_belongs_to_the_list(self) -> None:
        url = reverse_lazy("catalogue:category-detail", args=["war"])
        self.assertEqual(self.client.get(url, {"parent": "drama"}).status_code, 400)
