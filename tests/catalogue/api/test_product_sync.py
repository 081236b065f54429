import base64
from typing import Any

from django.urls import reverse_lazy
from rest_framework.test import APITestCase

from catalogue.services import (
    expire_cursors,
    number_changes,
    update_category,
    update_product,
    update_variant,
)
from partner.services import take_stock, update_partner, update_stock_record
from reviews.models import Review
from reviews.services import decide_reviews
from tests.catalogue.factories import (
    AttributeDefinitionFactory,
    CategoryFactory,
    ProductFactory,
    ProductImageFactory,
    VariantFactory,
)
from tests.partner.factories import StockRecordFactory
from tests.reviews.factories import ReviewFactory


class ProductSyncTests(APITestCase):
    """GET /api/product/?updated_since="""

    url = reverse_lazy("catalogue:product-list")

    @classmethod
    def setUpTestData(cls) -> None:
        cls.drama = CategoryFactory(name="Drama")
        cls.alien, cls.brazil = (
            ProductFactory(title=title, categories=[cls.drama])
            for title in ("Alien", "Brazil")
        )
        cls.variant = VariantFactory(product=cls.brazil)
        cls.record = StockRecordFactory(variant=cls.variant)
        number_changes()

    def sync(self, cursor: str, **query: object) -> dict[str, Any]:
        number_changes()
        query = {"updated_since": cursor, **query}
        response = self.client.get(self.url, query)
        self.assertEqual(response.status_code, 200, response.content)
        self.assertEqual(response["Cache-Control"], "public, no-cache")
        body: dict[str, Any] = response.json()
        return body

    def test_begin(self) -> None:
        listed = self.client.get(self.url).json()["results"]
        for start in ("0", ""):
            body = self.sync(start)
            cursor = body.pop("synced_at")
            self.assertRegex(cursor, r"^[A-Za-z0-9_-]{27}$")
            self.assertEqual(
                body,
                {
                    "count": 2,
                    "next": None,
                    "previous": None,
                    "results": listed,
                    "deleted": [],
                },
            )
        self.assertEqual(
            self.sync(cursor),
            {
                "count": 0,
                "next": None,
                "previous": None,
                "results": [],
                "deleted": [],
                "synced_at": cursor,
            },
        )

    def test_pages(self) -> None:
        body = self.sync("0", page_size=1, fields="title")
        self.assertEqual((body["count"], body["results"]), (2, [{"title": "Alien"}]))
        update_product(self.alien.pk, title="Aliens")
        number_changes()
        body = self.client.get(body["next"]).json()
        self.assertEqual((body["count"], body["results"]), (2, [{"title": "Brazil"}]))
        body = self.client.get(body["next"]).json()
        self.assertEqual((body["count"], body["results"]), (1, [{"title": "Aliens"}]))
        self.assertIsNone(body["next"])

    def test_a_page_is_kept_nowhere_whatever_it_shows(self) -> None:
        cursor = self.sync("0", expand="partner")["synced_at"]
        self.assertEqual(self.sync(cursor, expand="partner")["count"], 0)
        update_product(self.alien.pk, title="Aliens")
        query = {"updated_since": cursor, "expand": "partner"}
        self.client.get(self.url, query)  # has committed, is not numbered yet
        self.assertEqual(self.sync(cursor, expand="partner")["count"], 1)

    def test_gone(self) -> None:
        cursor = self.sync("0")["synced_at"]
        pk = self.alien.pk
        update_product(self.brazil.pk, is_public=False)
        self.alien.delete()
        body = self.sync(cursor)
        self.assertEqual(body["results"], [])
        self.assertCountEqual(body["deleted"], [self.brazil.pk, pk])

    def test_in_xml(self) -> None:
        cursor = self.sync("0")["synced_at"]
        update_product(self.alien.pk, is_public=False)
        number_changes()
        query = {"updated_since": cursor, "format": "xml"}
        response = self.client.get(self.url, query)
        deleted = f"<deleted><list-item>{self.alien.pk}</list-item></deleted>"
        self.assertContains(response, deleted)
        self.assertContains(response, '<results type="list"/>')

    def test_of_a_narrowed_list(self) -> None:
        cursor = self.sync("0", category="drama")["synced_at"]
        update_product(self.alien.pk, categories=[])
        update_product(self.brazil.pk, title="Brazil!")
        body = self.sync(cursor, category="drama", fields="title")
        self.assertEqual(body["results"], [{"title": "Brazil!"}])
        self.assertEqual(body["deleted"], [self.alien.pk])

    def test_whatever_a_row_or_a_page_shows_is_a_change(self) -> None:
        other = StockRecordFactory(variant=self.variant, price=99)
        definition = AttributeDefinitionFactory(product_type=self.brazil.product_type)
        image = ProductImageFactory(product=self.brazil)
        review = ReviewFactory(product=self.brazil, state=Review.State.PENDING)
        cursor = self.sync("0")["synced_at"]
        for what, change in (
            ("title", lambda: update_product(self.brazil.pk, title="B")),
            ("description", lambda: update_product(self.brazil.pk, description="B")),
            ("slug", lambda: update_product(self.brazil.pk, slug="b")),
            ("variant", lambda: update_variant(self.variant.pk, title="B")),
            ("picture", lambda: ProductImageFactory(product=self.brazil)),
            ("picture that goes", image.delete),
            ("price", lambda: update_stock_record(self.record.pk, price=1)),
            (
                "former price",
                lambda: update_stock_record(self.record.pk, compare_at_price=2),
            ),
            ("price of another offer", lambda: update_stock_record(other.pk, price=98)),
            (
                "stock",
                lambda: take_stock(
                    {self.record.pk: 10, other.pk: 10}, source="order:1"
                ),
            ),
            (
                "rating",
                lambda: decide_reviews([review.pk], state=Review.State.PUBLISHED),
            ),
            ("rating that goes", lambda: Review.objects.get().delete()),
            ("attribute", definition.save),
        ):
            with self.subTest(what):
                change()
                body = self.sync(cursor)
                self.assertEqual([r["id"] for r in body["results"]], [self.brazil.pk])
                cursor = body["synced_at"]
        for what, change in (
            ("category", lambda: update_category(self.drama, name="Tragedy")),
            ("its slug", lambda: update_category(self.drama, slug="tragedy")),
        ):
            with self.subTest(what):
                change()
                body = self.sync(cursor)
                self.assertEqual(len(body["results"]), 2)
                cursor = body["synced_at"]
        update_partner(self.record.partner_id, name="Best")
        self.assertEqual(len(self.sync(cursor)["results"]), 1)

    def test_a_sale_that_leaves_units_is_no_change(self) -> None:
        cursor = self.sync("0")["synced_at"]
        take_stock({self.record.pk: 1}, source="order:1")
        self.assertEqual(self.sync(cursor)["count"], 0)

    def test_bad_cursors(self) -> None:
        good = self.sync("0")["synced_at"]
        flipped = ("B" if good[0] == "A" else "A") + good[1:]
        for cursor in (
            "1",
            "-1",
            "yesterday",
            good[:-1],
            f"{good}A",
            flipped,
            f"{good}==",
            base64.urlsafe_b64encode(b"x" * 20).decode(),
            "é" * 27,
            "A" * 5000,
        ):
            with self.subTest(cursor[:30]):
                response = self.client.get(self.url, {"updated_since": cursor})
                self.assertEqual(response.status_code, 400)
                (error,) = response.json()["errors"]
                self.assertEqual(error["pointer"], "#/query/updated_since")
                self.assertEqual(error["code"], "invalid")

    def test_no_order_of_its_own(self) -> None:
        query = {"updated_since": "0", "page": 2, "ordering": "title"}
        response = self.client.get(self.url, query)
        self.assertEqual(response.status_code, 400)
        self.assertEqual(
            [(each["pointer"], each["code"]) for each in response.json()["errors"]],
            [
                ("#/query/page", "not-with-updated-since"),
                ("#/query/ordering", "not-with-updated-since"),
            ],
        )

    def test_a_copy_too_old(self) -> None:
        cursor = self.sync("0")["synced_at"]
        expire_cursors()
        response = self.client.get(self.url, {"updated_since": cursor})
        self.assertEqual(response.status_code, 410)
        problem = response.json()
        self.assertEqual(problem["code"], "sync-expired")
        self.assertIn("Start again", problem["detail"])
        self.assertEqual(self.sync("0")["count"], 2)

    def test_a_detail_takes_no_cursor(self) -> None:
        url = f"{self.url}{self.alien.pk}/"
        response = self.client.get(url, {"updated_since": "0"})
        self.assertEqual(response.status_code, 400)

    def test_queries_do_not_grow_with_rows(self) -> None:
        for number in (1, 10, 50):
            for _ in range(number):
                ProductImageFactory(product=ProductFactory(categories=[self.drama]))
            number_changes()
            query = {"updated_since": "0", "page_size": 100}
            # Counter; number, changes, what is listed; counter; rows.
            with self.subTest(number), self.assertNumQueries(6):
                self.client.get(self.url, query)
