from django.urls import reverse
from rest_framework.test import APITestCase

from orders.models import Order
from reviews.models import Review
from reviews.services import decide_reviews
from tests.catalogue.factories import ProductFactory
from tests.custom.caching.kept import SHARED
from tests.orders.factories import OrderFactory, OrderLineFactory
from tests.reviews.factories import ReviewFactory
from tests.users.factories import UserFactory


def address(key: object) -> str:
    return reverse("reviews:review-list", args=[key])


class ListTests(APITestCase):
    """GET /api/product/{id or slug}/review/"""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.product = ProductFactory()
        cls.author = UserFactory(first_name="Ada", last_name="Secret")
        cls.review = ReviewFactory(product=cls.product, author=cls.author, rating=5)
        ReviewFactory(product=cls.product)  # waits
        ReviewFactory(product=cls.product, state=Review.State.REJECTED)
        ReviewFactory(state=Review.State.PUBLISHED)  # of another product
        decide_reviews([cls.review.pk], state=Review.State.PUBLISHED)

    def test_published_reviews_are_shown_to_anyone(self) -> None:
        for key in (self.product.pk, self.product.slug):
            response = self.client.get(address(key))
            self.assertEqual(
                response.json(),
                {
                    "count": 1,
                    "next": None,
                    "previous": None,
                    "results": [
                        {
                            "id": self.review.pk,
                            "rating": 5,
                            "title": "Worth seeing",
                            "text": "Twice, even.",
                            "author": "Ada",
                            "verified_buyer": False,
                            "state": "published",
                            "created_at": self.review.created_at.strftime(
                                "%Y-%m-%dT%H:%M:%SZ"
                            ),
                        }
                    ],
                },
            )
        self.assertEqual(response["Cache-Control"], SHARED)

    def test_the_product_tells_the_mean(self) -> None:
        response = self.client.get(f"/api/product/{self.product.pk}/")
        self.assertEqual(response.json()["rating"], "5.00")
        self.assertEqual(response.json()["review_count"], 1)
        row = self.client.get(f"/api/product/?id={self.product.pk}").json()["results"]
        self.assertEqual(row[0]["rating"], "5.00")

    def test_a_hidden_or_unknown_product_is_a_404(self) -> None:
        hidden = ProductFactory(is_public=False)
        for key in (hidden.pk, "no-such-product", 2**70):
            response = self.client.get(address(key))
            self.assertEqual(response.status_code, 404, key)
            self.assertEqual(response.json()["code"], "not-found")

    def test_query_count_does_not_grow_with_rows(self) -> None:
        with self.assertNumQueries(3):  # product, count, reviews with authors
            self.client.get(address(self.product.pk))
        more = ReviewFactory.create_batch(10, product=self.product)
        decide_reviews([row.pk for row in more], state=Review.State.PUBLISHED)
        with self.assertNumQueries(3):
            response = self.client.get(address(self.product.pk))
        self.assertEqual(len(response.json()["results"]), 11)


class WriteTests(APITestCase):
    """POST /api/product/{id or slug}/review/"""

    BODY = {"rating": 4, "title": "Good", "text": "Ça va 🦊"}

    @classmethod
    def setUpTestData(cls) -> None:
        cls.product = ProductFactory()
        cls.user = UserFactory(first_name="Grace")

    def post(self, body: object = BODY, key: object = None, **headers: str) -> object:
        return self.client.post(
            address(key or self.product.slug), body, format="json", headers=headers
        )

    def test_a_review_is_taken_and_waits(self) -> None:
        self.client.force_authenticate(self.user)
        response = self.post()
        self.assertEqual(response.status_code, 201)
        (review,) = Review.objects.all()
        self.assertEqual(
            response.json(),
            {
                "id": review.pk,
                "rating": 4,
                "title": "Good",
                "text": "Ça va 🦊",
                "author": "Grace",
                "verified_buyer": False,
                "state": "pending",
                "created_at": review.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )
        self.assertEqual(response["Cache-Control"], "private, no-store")
        self.assertEqual(self.client.get(address(self.product.pk)).json()["count"], 0)

    def test_a_buyer_is_told_from_others(self) -> None:
        self.client.force_authenticate(self.user)
        order = OrderFactory(user=self.user)
        OrderLineFactory(order=order, product_id=self.product.pk)
        self.assertIs(self.post().json()["verified_buyer"], True)

    def test_a_cancelled_or_a_strangers_order_makes_no_buyer(self) -> None:
        self.client.force_authenticate(self.user)
        for order in (
            OrderFactory(user=self.user, status=Order.Status.CANCELLED),
            OrderFactory(user=UserFactory()),
        ):
            OrderLineFactory(order=order, product_id=self.product.pk)
        self.assertIs(self.post().json()["verified_buyer"], False)

    def test_anonymous_callers_are_refused(self) -> None:
        response = self.post()
        self.assertEqual(response.status_code, 401)
        self.assertEqual(Review.objects.count(), 0)

    def test_a_hidden_product_is_a_404(self) -> None:
        self.client.force_authenticate(self.user)
        hidden = ProductFactory(is_public=False)
        self.assertEqual(self.post(key=hidden.pk).status_code, 404)
        self.assertEqual(Review.objects.count(), 0)

    def test_bad_input_is_pointed_at(self) -> None:
        self.client.force_authenticate(self.user)
        faults = {
            "rating": [{}, {"rating": 0}, {"rating": 6}, {"rating": "good"}],
            "title": [{"rating": 1, "title": "x" * 121}],
            "text": [{"rating": 1, "text": "x" * 5001}],
            "stars": [{"rating": 1, "stars": 5}],
        }
        for name, bodies in faults.items():
            for body in bodies:
                response = self.post(body)
                self.assertEqual(response.status_code, 400, body)
                pointers = [row["pointer"] for row in response.json()["errors"]]
                self.assertEqual(pointers, [f"#/{name}"])
        self.assertEqual(Review.objects.count(), 0)

    def test_a_second_review_is_a_conflict(self) -> None:
        self.client.force_authenticate(self.user)
        self.post()
        response = self.post({"rating": 1})
        self.assertEqual(response.status_code, 409)
        self.assertEqual(response.json()["code"], "review-exists")
        self.assertEqual([row.rating for row in Review.objects.all()], [4])

    def test_a_repeated_request_gets_the_first_answer(self) -> None:
        self.client.force_authenticate(self.user)
        key = {"Idempotency-Key": "first"}
        first, again = self.post(**key), self.post(**key)
        self.assertEqual(again.status_code, 201)
        self.assertEqual(again.json(), first.json())
        self.assertEqual(again["Idempotent-Replayed"], "true")
        self.assertNotIn("Idempotent-Replayed", first)
        other = self.post({"rating": 1}, **key)
        self.assertEqual(other.status_code, 422)
        self.assertEqual(other.json()["code"], "idempotency-key-reused")
        Review.objects.all().delete()
        gone = self.post(**key)
        self.assertEqual((gone.status_code, gone.json()["code"]), (409, "review-gone"))
